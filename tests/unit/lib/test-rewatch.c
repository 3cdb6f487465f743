/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-rewatch.c - a watch across restarts of the daemon */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "watching.h"

static void daemon_restarted(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .expect2 = "\"ring\":\"r1\"", .reply = WATCHING},
		{.reply = EVENT("created", "5", ",\"ring\":\"r1\""), .close = true},
		{.expect = "\"more\":true",
		 .expect2 = "\"ring\":\"r1\"",
		 .reply = WATCHING_SINCE("9")},
		{.reply = EVENT("started", "10", ",\"ring\":\"r1\"")},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};
	int fd;

	assert_int_equal(iouctl_watch_new(server_path(server), "r1", &w), 0);
	fd = iouctl_watch_get_fd(w);
	assert_int_equal(collect(w, &seen, 2), 0);
	assert_memory_equal(seen.log, "created 5 r1;lost 9 -;", 22);
	if (seen.n == 2) /* otherwise it was the next connection's */
		assert_int_equal(seen.last.lost, 4);
	assert_int_equal(collect(w, &seen, 3), 0);
	assert_string_equal(seen.log, "created 5 r1;lost 9 -;started 10 r1;");
	assert_int_equal(iouctl_watch_get_fd(w), fd);
	iouctl_watch_free(w);
	server_stop(server);
}

/* The lost event if the last event of the next daemon has this number and we have seen 5. */
static void gap(const char *watching, uint64_t lost, bool has_lost, const char *reason)
{
	const struct step steps[] = {
		{.expect = "Watch", .reply = WATCHING},
		{.reply = EVENT("created", "5", ",\"ring\":\"r1\""), .close = true},
		{.expect = "Watch", .reply = watching},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_int_equal(collect(w, &seen, 2), 0);
	assert_memory_equal(seen.log, "created 5 r1;lost ", 18);
	assert_int_equal(seen.last.lost, lost);
	assert_int_equal(seen.has_lost, has_lost);
	assert_non_null(strstr(seen.reason, reason));
	iouctl_watch_free(w);
	server_stop(server);
}

static void gaps(void **state)
{
	gap(WATCHING_SINCE("12"), 7, true, "7 events");
	gap(WATCHING_SINCE("5"), 0, true, "no events were missed");
	gap(WATCHING_SINCE("0"), 0, false, "unknown");
	gap(WATCHING_SINCE("4294967301"), 0, false, "unknown"); /* 5 and 2^32: a new count */
	gap(WATCHING_SINCE("-9223372036854775808"), 0, false, "unknown");
}

/* If the new daemon starts a new count, the watch follows it. */
static void numbers_start_again(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .reply = WATCHING, .close = true},
		{.expect = "Watch", .reply = WATCHING_SINCE("1"), .close = true},
		{.expect = "Watch", .reply = WATCHING_SINCE("3")},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};
	int before, after;

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	before = dup(STDIN_FILENO);
	close(before);
	assert_int_equal(collect(w, &seen, 2), 0);
	assert_string_equal(seen.log, "lost 1 -;lost 3 -;");
	assert_int_equal(seen.last.lost, 2);
	after = dup(STDIN_FILENO);
	close(after);
	assert_int_equal(before, after); /* no descriptor is leaked */
	iouctl_watch_free(w);
	server_stop(server);
}

/* The next daemons end before their first reply. */
static void daemons_that_fail(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .reply = WATCHING, .close = true},
		{.close = true},
		{.expect = "Watch", .close = true},
		{.expect = "Watch", .reply = "{\"cont", .length = 6, .close = true},
		{.expect = "Watch", .reply = WATCHING_SINCE("6")},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_int_equal(collect(w, &seen, 1), 0);
	assert_string_equal(seen.log, "lost 6 -;");
	assert_int_equal(seen.last.lost, 2);
	iouctl_watch_free(w);
	server_stop(server);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The interval between failed attempts grows; one of them reaches the restarted daemon. */
static void no_daemon_for_a_while(void **state)
{
	int gate[2];
	struct server *server;
	struct iouctl_watch *w = NULL;
	struct seen seen = {};
	char away[128];
	int64_t until;
	int wakeups = 0;
	pid_t child;

	assert_int_equal(pipe(gate), 0);
	const struct step steps[] = {
		{.expect = "Watch", .reply = WATCHING},
		{.gate = gate[0], .close = true},
		{.expect = "Watch", .reply = WATCHING_SINCE("4")},
	};
	server = SERVER_START(steps);
	snprintf(away, sizeof(away), "%s.away", server_path(server));
	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	/* a copy of the lost connection in a child must not be polled */
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	assert_int_equal(rename(server_path(server), away), 0);
	assert_int_equal(write(gate[1], "", 1), 1);
	until = now_ms() + 1000;
	while (now_ms() < until) {
		struct pollfd pollfd = {.fd = iouctl_watch_get_fd(w), .events = POLLIN};

		if (poll(&pollfd, 1, (int)(until - now_ms())) == 1)
			wakeups++;
		assert_int_equal(iouctl_watch_dispatch(w, seen_event, &seen), 0);
	}
	/* the loss, then attempts after 0, 50, 100, 200, 400 ms; each may cause two wake-ups */
	assert_in_range(wakeups, 1, 12);
	assert_int_equal(seen.n, 0);
	assert_int_equal(rename(away, server_path(server)), 0);
	assert_int_equal(collect(w, &seen, 1), 0);
	assert_string_equal(seen.log, "lost 4 -;");
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	iouctl_watch_free(w);
	server_stop(server);
	close(gate[0]);
	close(gate[1]);
}

static void refused_by_the_next(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .reply = WATCHING, .close = true},
		{.expect = "Watch",
		 .reply = "{\"error\":\"org.iouringd.Manager.NotPermitted\","
			  "\"parameters\":{\"reason\":\"not yours\"}}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_int_equal(collect(w, &seen, 1), -EREMOTEIO);
	assert_int_equal(seen.n, 0);
	assert_non_null(strstr(iouctl_watch_error_message(w), "not yours"));
	iouctl_watch_free(w);
	server_stop(server);
}

/* If the daemon ends while the watch is made, the call is repeated once. */
static void restarted_at_the_start(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .close = true},
		{.expect = "Watch", .reply = WATCHING},
		{.reply = EVENT("created", "5", ",\"ring\":\"r1\"")},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_int_equal(collect(w, &seen, 1), 0);
	assert_string_equal(seen.log, "created 5 r1;");
	iouctl_watch_free(w);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(daemon_restarted),	  cmocka_unit_test(gaps),
		cmocka_unit_test(numbers_start_again),	  cmocka_unit_test(daemons_that_fail),
		cmocka_unit_test(no_daemon_for_a_while),  cmocka_unit_test(refused_by_the_next),
		cmocka_unit_test(restarted_at_the_start),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib rewatch", tests, NULL, NULL);
}
