/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has sent a message, on a socket with SO_PASSCRED: the user of the connection, or another. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../fds.h"
#include "common/cleanup.h"
#include "common/fd-passing.h"
#include "wire/fault.h"
#include "wire/frame.h"
#include "wire/manager.h"
#include "wire/socket.h"

#define OTHER 1234

struct line {
	int ours, theirs;
	uid_t user;
	struct frame_reader reader;
	struct note note;
};

static void line_open(struct line *line)
{
	const int yes = 1;
	int pair[2];

	*line = (struct line){.user = geteuid()};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	line->ours = pair[0];
	line->theirs = pair[1];
	assert_int_equal(setsockopt(line->theirs, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)), 0);
	line->reader.sender = &line->user;
}

static void line_close(struct line *line)
{
	frame_reader_done(&line->reader);
	note_done(&line->note);
	close(line->ours);
	close(line->theirs);
}

/* Another process sends @text with its NUL, as the user with this real and effective uid. */
static void send_as(struct line *line, uid_t real, uid_t effective, const char *text)
{
	ssize_t n = (ssize_t)strlen(text) + 1;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(setresuid(real, effective, real) < 0 ||
		      socket_send(line->ours, text, (size_t)n, NULL, 0) != n);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void expect(struct line *line, const char *text)
{
	struct frame frame;
	size_t elsewhere;

	assert_int_equal(
		frame_reader_fill_bytes(&line->reader, line->theirs, &line->note, &elsewhere), 0);
	assert_int_equal(elsewhere, 0);
	assert_true(frame_reader_next(&line->reader, &frame));
	assert_string_equal(frame.text, text);
}

static void expect_refused(struct line *line)
{
	size_t elsewhere;

	assert_int_equal(
		frame_reader_fill_bytes(&line->reader, line->theirs, &line->note, &elsewhere),
		FAULT_MESSAGE_REFUSED);
	assert_non_null(strstr(line->note.texts[0], "user 1234 has sent it, but user 0"));
}

static void test_own_messages(void **state)
{
	struct line line;

	line_open(&line);
	assert_int_equal(socket_send(line.ours, "one", 4, NULL, 0), 4);
	expect(&line, "one");
	send_as(&line, 0, 0, "two");
	expect(&line, "two");
	line_close(&line);
}

static void test_another_user(void **state)
{
	struct line line;

	line_open(&line);
	send_as(&line, OTHER, OTHER, "theirs");
	expect_refused(&line);
	line_close(&line);
}

/* The bytes before those of another user are not theirs. */
static void test_another_user_behind(void **state)
{
	struct line line;

	line_open(&line);
	assert_int_equal(socket_send(line.ours, "ours", 5, NULL, 0), 5);
	send_as(&line, OTHER, OTHER, "theirs");
	expect(&line, "ours");
	expect_refused(&line);
	line_close(&line);
}

/* The effective user counts, as in the credentials of the connection. */
static void test_effective_user(void **state)
{
	struct line line;

	line_open(&line);
	send_as(&line, OTHER, 0, "a setuid program");
	expect(&line, "a setuid program");
	send_as(&line, 0, OTHER, "a server that acts for a user");
	expect_refused(&line);
	line_close(&line);
}

static void send_fds(const struct line *line, size_t n)
{
	int fds[PASSED_FDS_MAX] = {0};

	for (size_t i = 0; i < n; i++)
		fds[i] = line->ours;
	assert_int_equal(send_with_fds(line->ours, "x", 1, fds, n, 0), 1);
}

/* With room for @n; returns what receive_with_fds() returns. */
static ssize_t receive_fds(const struct line *line, size_t n, size_t *ret_n)
{
	int fds[PASSED_FDS_MAX] = {0};
	ssize_t r;

	*ret_n = 0;
	r = receive_with_fds(line->theirs, &(char){0}, 1, fds, n, ret_n);
	for (size_t i = 0; r > 0 && i < *ret_n; i++)
		close(fds[i]);
	return r;
}

static void test_descriptors(void **state)
{
	size_t elsewhere, n, before;
	struct line line;

	line_open(&line);
	before = count_fds();
	send_fds(&line, 1);
	assert_int_equal(frame_reader_fill_bytes(&line.reader, line.theirs, &line.note, &elsewhere),
			 0);
	assert_int_equal(elsewhere, 1);
	assert_int_equal(count_fds(), before); /* the peek has received none */
	assert_int_equal(receive_fds(&line, PASSED_FDS_MAX, &n), 1);
	assert_int_equal(n, 1);
	send_fds(&line, PASSED_FDS_MAX); /* there is room for the credentials, too */
	assert_int_equal(receive_fds(&line, PASSED_FDS_MAX, &n), 1);
	assert_int_equal(n, PASSED_FDS_MAX);
	send_fds(&line, PASSED_FDS_MAX);
	assert_int_equal(receive_fds(&line, 1, &n), -EMFILE);
	send_fds(&line, 1);
	assert_int_equal(receive_fds(&line, 0, &n), -EMFILE);
	send_fds(&line, 0);
	assert_int_equal(receive_fds(&line, 0, &n), 1);
	assert_int_equal(n, 0);
	/* without credentials, the room for them is no room for descriptors */
	assert_int_equal(setsockopt(line.theirs, SOL_SOCKET, SO_PASSCRED, &(int){0}, sizeof(int)),
			 0);
	send_fds(&line, 1);
	assert_int_equal(receive_fds(&line, 0, &n), -EMFILE);
	line_close(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_messages),	    cmocka_unit_test(test_another_user),
		cmocka_unit_test(test_another_user_behind), cmocka_unit_test(test_effective_user),
		cmocka_unit_test(test_descriptors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("senders", tests, NULL, NULL);
}
