/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection: the order of answers, refusals in their turn, the end from either side. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/fd-passing.h"
#include "net/loop.h"
#include "unit/net/line.h"
#include "wire/manager.h"

static size_t count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

static void test_one_at_a_time(void **state)
{
	struct line line;

	line_open(&line);
	say(&line, "a\0b\0c", 6);
	assert_int_equal(line.messages, 1);
	assert_string_equal(line.text, "a");
	assert_hears_nothing(&line);
	answer(&line);
	assert_hears(&line, "a", 2);
	assert_string_equal(line.text, "b");
	answer(&line);
	settle(&line);
	answer(&line);
	assert_hears(&line, "b\0c", 4);
	assert_int_equal(line.messages, 3);
	line_close(&line);
}

static void test_ended_while_busy(void **state)
{
	struct line line;

	line_open(&line);
	say(&line, "a\0b\0half", 8);
	shutdown(line.fd, SHUT_WR);
	settle(&line);
	/* although another message waits, which is handled with the same notice */
	assert_int_equal(line.ended, 1);
	answer(&line);
	settle(&line);
	assert_int_equal(line.ended, 2);
	assert_hears(&line, "a", 2);
	answer(&line);
	assert_hears(&line, "b", 2);
	assert_hung_up(&line);
	assert_int_equal(line.messages, 2);
	assert_null(line.conn);
	line_close(&line);
}

static void test_gone_while_busy(void **state)
{
	struct line line;

	line_open(&line);
	say(&line, "a\0", 2);
	close(line.fd);
	line.fd = -1;
	settle(&line);
	assert_non_null(line.conn); /* it may only have stopped sending */
	assert_int_equal(line.ended, 1);
	answer(&line); /* nobody takes it */
	settle(&line);
	assert_null(line.conn);
	line_close(&line);
}

/* The client has gone, and left a message behind the one that has no reply. */
static void test_gone_with_a_message_waiting(void **state)
{
	struct line line;

	line_open(&line);
	say(&line, "a\0", 2);
	say(&line, "b\0", 2);
	assert_int_equal(line.ended, 0);
	close(line.fd);
	line.fd = -1;
	settle(&line);
	assert_int_equal(line.ended, 1);
	conn_give_up(line.conn); /* as the handler of an endless call does */
	settle(&line);
	assert_null(line.conn);
	line_close(&line);
}

/* The client had gone before its message was handled. */
static void test_gone_before(void **state)
{
	struct line line;

	line_open(&line);
	assert_int_equal(send(line.fd, "a\0b", 4, MSG_NOSIGNAL), 4);
	close(line.fd);
	line.fd = -1;
	settle(&line);
	assert_string_equal(line.text, "a");
	assert_int_equal(line.ended, 1);
	answer(&line); /* nobody receives it: the connection is given up */
	settle(&line);
	assert_null(line.conn);
	line_close(&line);
}

/* Descriptors of a message that is not handled yet stay the client's. */
static void test_descriptors_wait(void **state)
{
	size_t before;
	struct line line;

	line_open(&line);
	say(&line, "a\0", 2);
	before = count_fds();
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(send_with_fds(line.fd, "b", 2, &line.fd, 1, 0), 2);
	settle(&line);
	assert_int_equal(count_fds(), before);
	line_close(&line);
}

/* A message's descriptors are received elsewhere, and come with it. */
static void test_descriptors_arrive(void **state)
{
	struct line line;

	line_open(&line);
	line.parcels.held = true;
	assert_int_equal(send_with_fds(line.fd, "a\0b", 4, &line.fd, 1, 0), 4);
	settle(&line);
	assert_int_equal(line.messages, 0);
	line.parcels.held = false;
	settle(&line);
	assert_int_equal(line.messages, 1);
	assert_string_equal(line.text, "a");
	assert_int_equal(line.n_fds, 1);
	answer(&line);
	settle(&line);
	assert_string_equal(line.text, "b");
	assert_int_equal(line.n_fds, 0);
	answer(&line);
	line_close(&line);
}

/* If they do not, the client is told so. */
static void test_descriptors_lost(void **state)
{
	char heard[512] = "";
	struct line line;

	line_open(&line);
	line.parcels.held = true;
	assert_int_equal(send_with_fds(line.fd, "a", 2, &line.fd, 1, 0), 2);
	settle(&line);
	parcels_fake_lose(&line.parcels);
	settle(&line);
	assert_true(recv(line.fd, heard, sizeof(heard) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(heard, "MessageRefused"));
	assert_hung_up(&line);
	assert_int_equal(line.messages, 0);
	line_close(&line);
}

static void test_descriptors_refused(void **state)
{
	char heard[512] = "";
	struct line line;

	line_open(&line);
	line.parcels.stuck = true;
	assert_int_equal(send_with_fds(line.fd, "a", 2, &line.fd, 1, 0), 2);
	settle(&line);
	assert_true(recv(line.fd, heard, sizeof(heard) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(heard, "descriptors are stuck"));
	assert_hung_up(&line);
	line_close(&line);
}

/* The connection ends while they are under way, or before their message is whole. */
static void test_descriptors_abandoned(void **state)
{
	struct line line;

	line_open(&line);
	line.parcels.held = true;
	assert_int_equal(send_with_fds(line.fd, "a", 2, &line.fd, 1, 0), 2);
	settle(&line);
	conn_free(line.conn);
	line_close(&line);

	line_open(&line);
	assert_int_equal(send_with_fds(line.fd, "half", 4, &line.fd, 1, 0), 4);
	settle(&line);
	assert_int_equal(line.parcels.n_parcels, 1);
	conn_free(line.conn);
	line_close(&line);
}

/* What cannot be read is refused after the answer that is owed, not in its place. */
static void test_refused_in_its_turn(void **state)
{
	static char large[MANAGER_CALL_MAX + 2];
	struct line line;
	char heard[512] = "";
	size_t sent = 0;

	memset(large, 'x', sizeof(large));
	line_open(&line);
	say(&line, "a\0", 2);
	assert_hears_nothing(&line);
	answer(&line);
	while (sent < sizeof(large)) {
		ssize_t n = send(line.fd, large + sent, sizeof(large) - sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		settle(&line);
	}
	assert_int_equal(line.ended, 0);
	assert_true(recv(line.fd, heard, sizeof(heard) - 1, MSG_DONTWAIT) > 2);
	assert_memory_equal(heard, "a", 2);
	assert_non_null(strstr(heard + 2, "MessageRefused"));
	assert_hung_up(&line);
	/* what it still sends is thrown away, until it goes or its time is up */
	assert_non_null(line.conn);
	assert_int_equal(send(line.fd, "b", 2, MSG_NOSIGNAL), 2);
	settle(&line);
	assert_int_equal(line.messages, 1);
	shutdown(line.fd, SHUT_WR);
	settle(&line);
	assert_null(line.conn);
	line_close(&line);
}

static void test_lingers_no_longer(void **state)
{
	struct line line;

	line_open(&line);
	conn_finish(line.conn);
	assert_hung_up(&line);
	assert_non_null(line.conn);
	while (line.conn) { /* bounded by the connection's own patience */
		usleep(20000);
		loop_run_once(line.loop);
	}
	line_close(&line);
}

static void test_given_up_within(void **state)
{
	struct line line;

	line_open(&line);
	line.give_up = line.answer_at_once = true;
	say(&line, "a\0b", 4);
	assert_int_equal(line.messages, 1);
	assert_null(line.conn);
	assert_hung_up(&line);
	line_close(&line);
}

/* Output that the client does not take waits, and no message is taken up meanwhile. */
static void test_slow_reader(void **state)
{
	static char text[100000];
	struct line line;
	char waste[65536];
	size_t heard = 0;
	ssize_t n;

	memset(text, 'x', sizeof(text) - 1);
	line_open(&line);
	say(&line, "a\0b", 4);
	for (unsigned int i = 0; i < 10; i++)
		conn_send(line.conn, text, sizeof(text) - 1, NULL);
	line.waiting = false;
	conn_replied(line.conn);
	settle(&line);
	assert_true(conn_queued(line.conn) > 0);
	assert_int_equal(line.messages, 1);
	assert_int_equal(line.drained, 0);
	while (heard < 10 * sizeof(text)) {
		n = recv(line.fd, waste, sizeof(waste), MSG_DONTWAIT);
		heard += n > 0 ? (size_t)n : 0;
		loop_run_once(line.loop);
	}
	settle(&line);
	assert_int_equal(heard, 10 * sizeof(text));
	assert_int_equal(line.drained, 1);
	assert_int_equal(line.messages, 2);
	line_close(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_ended_while_busy),
		cmocka_unit_test(test_gone_while_busy),
		cmocka_unit_test(test_gone_with_a_message_waiting),
		cmocka_unit_test(test_gone_before),
		cmocka_unit_test(test_descriptors_wait),
		cmocka_unit_test(test_descriptors_arrive),
		cmocka_unit_test(test_descriptors_lost),
		cmocka_unit_test(test_descriptors_refused),
		cmocka_unit_test(test_descriptors_abandoned),
		cmocka_unit_test(test_refused_in_its_turn),
		cmocka_unit_test(test_lingers_no_longer),
		cmocka_unit_test(test_given_up_within),
		cmocka_unit_test(test_slow_reader),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net-conn", tests, NULL, NULL);
}
