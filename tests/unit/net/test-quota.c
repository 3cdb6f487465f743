/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the connections of one user may hold: bytes and descriptors. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd-passing.h"
#include "net/memory.h"
#include "policy/rules.h"
#include "unit/net/line.h"
#include "wire/fault.h"

/* The next answer, which is the last. */
static void assert_refused(struct line *line, const char *quota)
{
	char heard[512] = "";

	settle(line);
	assert_true(recv(line->fd, heard, sizeof(heard) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(heard, "org.iouringd.Manager.QuotaExceeded"));
	if (!strstr(heard, quota))
		fail_msg("%s does not say %s", heard, quota);
	assert_hung_up(line);
}

static void add_connection(struct line *line, int *ret_fd)
{
	struct peer peer = {.user = {.uid = 1000}, .payer = 1000};
	struct conn *conn;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	assert_int_equal(conn_new_take_fd(&line->conns, pair[1], &peer, &conn), 0);
	*ret_fd = pair[0];
}

/* The buffers of both connections count together, and no longer than they exist. */
static void test_bytes_have_a_quota(void **state)
{
	struct line line;
	int other;

	line_open_with(&line, "{\"rules\": [ {\"queuedBytesPerUser\": 8191} ]}");
	add_connection(&line, &other);
	assert_int_equal(send(other, "half", 4, 0), 4);
	settle(&line);
	say(&line, "half", 4);
	assert_refused(&line, "\"limit\":\"queuedBytesPerUser\",\"allowed\":8191,"
			      "\"rule\":\"test.conf:1\"");
	assert_int_equal(line.messages, 0);
	close(other);
	line_close(&line);
}

static void test_replies_have_a_quota(void **state)
{
	struct note note = {};
	struct line line;

	line_open_with(&line, "{\"rules\": [ {\"queuedBytesPerUser\": 16384} ]}");
	say(&line, "a\0", 2);
	assert_int_equal(conn_reserve_reply(line.conn, &note), 0);
	/* what was reserved is not counted twice */
	assert_int_equal(conn_may_send(line.conn, 16384, &note), 0);
	assert_int_equal(conn_may_send(line.conn, 16385, &note), FAULT_QUOTA_EXCEEDED);
	assert_string_equal(note.texts[0], "queuedBytesPerUser");
	policies_fake_set(&line.policies, &line.policies.current->defaults,
			  "{\"rules\": [ {\"queuedBytesPerUser\": 0} ]}");
	assert_int_equal(conn_may_send(line.conn, MEMORY_REPLY, &note), 0);
	answer(&line);
	assert_hears(&line, "a", 2);
	assert_int_equal(conn_reserve_reply(line.conn, &note), FAULT_QUOTA_EXCEEDED);
	note_done(&note);
	line_close(&line);
}

static void test_descriptors_have_a_quota(void **state)
{
	struct line line;
	int fds[3], other;

	line_open_with(&line, "{\"rules\": [ {\"descriptorsPerUser\": 3} ]}");
	add_connection(&line, &other);
	for (size_t i = 0; i < 3; i++)
		fds[i] = line.fd;
	/* they come and go */
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(send_with_fds(line.fd, "a", 2, fds, 3, 0), 2);
		settle(&line);
		assert_int_equal(line.n_fds, 3);
		answer(&line);
		assert_hears(&line, "a", 2);
	}
	/* those of a message that is not whole are held */
	assert_int_equal(send_with_fds(other, "half", 4, fds, 2, 0), 4);
	settle(&line);
	assert_int_equal(line.parcels.n_parcels, 1);
	assert_int_equal(send_with_fds(line.fd, "a", 2, fds, 2, 0), 2);
	assert_refused(&line, "\"limit\":\"descriptorsPerUser\",\"allowed\":3");
	assert_int_equal(line.parcels.n_parcels, 1);
	close(other);
	line_close(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_have_a_quota),
		cmocka_unit_test(test_replies_have_a_quota),
		cmocka_unit_test(test_descriptors_have_a_quota),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net-quota", tests, NULL, NULL);
}
