/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-watch.c - events, in packets cut at any place */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "watching.h"

static void events(void **state)
{
	static const char burst[] =
		EVENT("created", "5", ",\"ring\":\"r1\",\"program\":\"copy\"") "\0" EVENT(
			"started", "6",
			",\"ring\":\"r1\"") "\0" EVENT("swapped", "7",
						       ",\"ring\":\"r1\",\"generation\":2,\"user\":"
						       "1000,\"reason\":\"by root\"");
	const struct step steps[] = {
		{.expect = "\"more\":true",
		 .expect2 = "org.iouringd.Manager.Watch",
		 .reply = WATCHING},
		{.reply = burst, .length = sizeof(burst)},
		{.reply = EVENT("destroyed", "8", ",\"ring\":\"r1\""), .split = 30},
		{.reply = EVENT("lost", "9", ",\"lost\":12"), .split = 1},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_true(fcntl(iouctl_watch_get_fd(w), F_GETFD) & FD_CLOEXEC);
	assert_int_equal(collect(w, &seen, 3), 0);
	assert_memory_equal(seen.log, "created 5 r1;started 6 r1;swapped 7 r1;", 38);
	assert_int_equal(collect(w, &seen, 5), 0);
	assert_string_equal(seen.log, "created 5 r1;started 6 r1;swapped 7 r1;destroyed 8 r1;"
				      "lost 9 -;");
	assert_int_equal(seen.last.lost, 12);
	assert_true(seen.last.time_us == 1700000000000001);
	/* nothing to read: no event, and no blocking */
	assert_int_equal(iouctl_watch_dispatch(w, seen_event, &seen), 0);
	assert_int_equal(seen.n, 5);
	assert_null(iouctl_watch_free(w));
	server_stop(server);
}

static void members(void **state)
{
	const struct step steps[] = {
		{.expect = "\"ring\":\"r1\"", .reply = WATCHING},
		{.reply = EVENT("swapped", "7",
				",\"ring\":\"r1\",\"program\":\"copy\",\"generation\":2,"
				"\"user\":1000,\"reason\":\"by root\"")},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), "r1", &w), 0);
	assert_int_equal(collect(w, &seen, 1), 0);
	assert_int_equal(seen.last.generation, 2);
	assert_int_equal(seen.last.lost, 0);
	assert_string_equal(seen.program, "copy");
	assert_string_equal(seen.reason, "by root");
	iouctl_watch_free(w);
	server_stop(server);
}

/* A later daemon sends kinds and members that this library does not know. */
static void newer_daemon(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .reply = WATCHING},
		{.reply = EVENT("transmogrified", "7", ",\"ring\":\"r1\",\"colour\":{\"red\":1}")},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_int_equal(collect(w, &seen, 1), 0);
	assert_string_equal(seen.log, "transmogrified 7 r1;");
	assert_true(seen.has_colour);
	iouctl_watch_free(w);
	server_stop(server);
}

/* Events in the same packet as the first reply are delivered. */
static void events_with_the_first_reply(void **state)
{
	static const char both[] = WATCHING "\0" EVENT("created", "5", ",\"ring\":\"r1\"");
	const struct step steps[] = {
		{.expect = "Watch", .reply = both, .length = sizeof(both)},
		{.reply = EVENT("started", "6", ",\"ring\":\"r1\"")},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_int_equal(collect(w, &seen, 2), 0);
	assert_string_equal(seen.log, "created 5 r1;started 6 r1;");
	iouctl_watch_free(w);
	server_stop(server);
}

static void refused_at_once(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch",
		 .reply = "{\"error\":\"org.iouringd.Manager.NotPermitted\","
			  "\"parameters\":{\"reason\":\"not yours\"}}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;

	assert_int_equal(iouctl_watch_new(server_path(server), "r1", &w), -EREMOTEIO);
	assert_null(w);
	server_stop(server);
}

static void refused_later(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .reply = WATCHING},
		{.reply = "{\"error\":\"org.iouringd.Manager.NotPermitted\","
			  "\"parameters\":{\"reason\":\"not yours\"}}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;
	struct seen seen = {};

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
	assert_int_equal(collect(w, &seen, 1), -EREMOTEIO);
	assert_non_null(strstr(iouctl_watch_error_message(w), "not yours"));
	assert_int_equal(iouctl_watch_dispatch(w, seen_event, &seen), -EREMOTEIO);
	iouctl_watch_free(w);
	server_stop(server);
}

static void garbage(void **state)
{
	static const char *const replies[] = {
		"no json",
		"{\"continues\":true,\"parameters\":{}}",
		"{\"continues\":true,\"parameters\":{\"kind\":7,\"number\":1,\"time\":1}}",
		"{\"continues\":true}",
		"[]",
	};
	size_t i;

	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		const struct step steps[] = {
			{.expect = "Watch", .reply = WATCHING},
			{.reply = replies[i]},
		};
		struct server *server = SERVER_START(steps);
		struct iouctl_watch *w = NULL;
		struct seen seen = {};
		int r;

		assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), 0);
		r = collect(w, &seen, 1);
		if (r != -EPROTO)
			fail_msg("case %zu: %d", i, r);
		assert_int_equal(seen.n, 0);
		iouctl_watch_free(w);
		server_stop(server);
	}
}

static void gone_before_the_first_answer(void **state)
{
	const struct step steps[] = {
		{.expect = "Watch", .reply = "{\"cont", .length = 6, .close = true},
		{.expect = "Watch", .close = true},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_watch *w = NULL;

	assert_int_equal(iouctl_watch_new(server_path(server), NULL, &w), -ECONNRESET);
	assert_null(w);
	server_stop(server);
	assert_int_equal(iouctl_watch_new("/nonexistent/socket", NULL, &w), -ENOENT);
	assert_null(iouctl_watch_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events),	   cmocka_unit_test(members),
		cmocka_unit_test(newer_daemon),	   cmocka_unit_test(events_with_the_first_reply),
		cmocka_unit_test(refused_at_once), cmocka_unit_test(refused_later),
		cmocka_unit_test(garbage),	   cmocka_unit_test(gone_before_the_first_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib watch", tests, NULL, NULL);
}
