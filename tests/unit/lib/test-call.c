/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-call.c - calls, refusals, and daemons that violate the protocol */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static void nobody_listens(void **state)
{
	struct iouctl *c = (struct iouctl *)0x1;

	assert_int_equal(iouctl_connect("/nonexistent/socket", &c), -ENOENT);
	assert_ptr_equal(c, (struct iouctl *)0x1);
	assert_null(iouctl_free(NULL));
}

static void path_too_long(void **state)
{
	struct iouctl *c = NULL;
	char path[300];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(iouctl_connect(path, &c), -ENAMETOOLONG);
}

static void path_from_environment(void **state)
{
	const struct step steps[] = {
		{.expect = "GetStatus", .reply = "{\"parameters\":{}}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl *c = NULL;
	char *reply = NULL;

	setenv("IOURINGD_SOCKET", server_path(server), 1);
	assert_int_equal(iouctl_connect(NULL, &c), 0);
	unsetenv("IOURINGD_SOCKET");
	assert_int_equal(call(c, "GetStatus", &reply), 0);
	free(reply);
	iouctl_free(c);
	server_stop(server);
}

static void answers(void **state)
{
	const struct step steps[] = {
		{.expect = "\"org.iouringd.Manager.GetStatus\"",
		 .reply = "{\"parameters\":{\"rings\":7}}"},
		{.expect = "\"org.varlink.service.GetInfo\"",
		 .reply = "{\"parameters\":{\"vendor\":\"\\u00e9\"}}",
		 .split = 10},
		{.expect = "\"x\":[1,2]", .reply = "{}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl *c = connect_to(server);
	char *reply = NULL;

	assert_int_equal(call(c, "GetStatus", &reply), 0);
	assert_non_null(strstr(reply, "\"rings\":7"));
	assert_null(iouctl_error_name(c));
	assert_null(iouctl_error_parameters(c));
	assert_non_null(iouctl_error_message(c));
	free(reply);
	assert_int_equal(call(c, "org.varlink.service.GetInfo", &reply), 0);
	assert_non_null(strstr(reply, "vendor"));
	free(reply);
	assert_int_equal(iouctl_call(c, "X", " {\"x\": [1, 2]} ", NULL, 0, &reply, NULL, NULL), 0);
	assert_string_equal(reply, "{}");
	free(reply);
	iouctl_free(c);
	server_stop(server);
}

static void large_answer(void **state)
{
	const size_t length = 900000;
	char *text = malloc(length);
	int n = sprintf(text, "{\"parameters\":{\"log\":\"");
	struct server *server;
	struct iouctl *c;
	char *reply = NULL;

	memset(text + n, 'x', length - n);
	strcpy(text + length - 4, "\"}}");
	{
		const struct step steps[] = {{.expect = "Log", .reply = text}};

		server = SERVER_START(steps);
		c = connect_to(server);
		assert_int_equal(call(c, "Log", &reply), 0);
		server_stop(server);
	}
	assert_true(strlen(reply) > length - 100);
	free(reply);
	free(text);
	iouctl_free(c);
}

static void refused(void **state)
{
	const struct step steps[] = {
		{.expect = "DestroyRing",
		 .reply = "{\"error\":\"org.iouringd.Manager.RingNotFound\","
			  "\"parameters\":{\"ring\":\"r9\"}}"},
		{.expect = "Other", .reply = "{\"error\":\"org.example.Odd\"}"},
		{.expect = "GetStatus", .reply = "{\"parameters\":{}}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl *c = connect_to(server);
	char *reply = NULL;

	assert_int_equal(call(c, "DestroyRing", &reply), -EREMOTEIO);
	assert_null(reply);
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.RingNotFound");
	assert_non_null(strstr(iouctl_error_message(c), "r9"));
	assert_non_null(strstr(iouctl_error_parameters(c), "\"ring\":\"r9\""));
	assert_int_equal(call(c, "Other", &reply), -EREMOTEIO);
	assert_string_equal(iouctl_error_name(c), "org.example.Odd");
	assert_string_equal(iouctl_error_parameters(c), "{}");
	/* a success clears it */
	assert_int_equal(call(c, "GetStatus", &reply), 0);
	assert_null(iouctl_error_name(c));
	free(reply);
	iouctl_free(c);
	server_stop(server);
}

static void bad_arguments(void **state)
{
	struct server *server = server_start(NULL, 0);
	struct iouctl *c = connect_to(server);
	int fds[65];
	char *reply = NULL;
	size_t i;

	assert_int_equal(iouctl_call(c, "X", "[1]", NULL, 0, &reply, NULL, NULL), -EINVAL);
	assert_non_null(strstr(iouctl_error_message(c), "object"));
	assert_int_equal(iouctl_call(c, "X", "{\"a\":", NULL, 0, &reply, NULL, NULL), -EINVAL);
	assert_int_equal(iouctl_call(c, "X", "{} {}", NULL, 0, &reply, NULL, NULL), -EINVAL);
	assert_int_equal(iouctl_call(c, "X", "", NULL, 0, &reply, NULL, NULL), -EINVAL);
	assert_int_equal(iouctl_call(c, "", NULL, NULL, 0, &reply, NULL, NULL), -EINVAL);
	for (i = 0; i < 65; i++)
		fds[i] = STDIN_FILENO;
	assert_int_equal(iouctl_call(c, "X", NULL, fds, 65, &reply, NULL, NULL), -EMSGSIZE);
	assert_null(reply);
	iouctl_free(c);
	server_stop(server);
}

static void descriptors_go_and_come(void **state)
{
	const struct step steps[] = {
		{.expect = "Pass",
		 .expect_fds = 2,
		 .reply = "{\"parameters\":{}}",
		 .fds = {STDIN_FILENO, STDOUT_FILENO},
		 .n_fds = 2},
		{.expect = "Drop", .reply = "{}", .fds = {STDIN_FILENO}, .n_fds = 1},
		{.expect = "None", .reply = "{}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl *c = connect_to(server);
	const int out[] = {STDIN_FILENO, STDERR_FILENO};
	char *reply = NULL;
	int *fds = NULL;
	size_t n = 0;
	int before;

	assert_int_equal(iouctl_call(c, "Pass", NULL, out, 2, &reply, &fds, &n), 0);
	assert_int_equal(n, 2);
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fds[1], F_GETFD) & FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
	free(fds);
	free(reply);
	/* descriptors that the caller does not take are closed */
	before = dup(STDIN_FILENO);
	close(before);
	assert_int_equal(call(c, "Drop", &reply), 0);
	free(reply);
	assert_int_equal(dup(STDIN_FILENO), before);
	close(before);
	fds = (int *)0x1;
	assert_int_equal(iouctl_call(c, "None", NULL, NULL, 0, &reply, &fds, &n), 0);
	assert_null(fds);
	assert_int_equal(n, 0);
	free(reply);
	iouctl_free(c);
	server_stop(server);
}

/* Each is followed by a call that must succeed over a new connection. */
static void misbehaviour(void **state)
{
	static const struct {
		const char *reply;
		size_t length;
		int expected;
	} cases[] = {
		{NULL, 0, -ECONNRESET},
		{"{\"parameters\":", 14, -ECONNRESET},
		{"no json", 0, -EPROTO},
		{"", 0, -EPROTO},
		{"[1]", 0, -EPROTO},
		{"{\"parameters\":[1]}", 0, -EPROTO},
		{"{\"parameters\":{}} {}", 0, -EPROTO},
		{"{\"error\":5}", 0, -EPROTO},
		{"{\"parameters\":{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}}", 0, -EPROTO},
		{"{\"parameters\":{\"a\":\"\xff\xfe\"}}", 0, -EPROTO},
		{"{}\0{}", 6, -EPROTO}, /* an unexpected second reply */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct step steps[] = {
			{.expect = "First",
			 .reply = cases[i].reply,
			 .length = cases[i].length,
			 .close = true},
			{.expect = "Second", .reply = "{\"parameters\":{}}"},
		};
		struct server *server = SERVER_START(steps);
		struct iouctl *c = connect_to(server);
		char *reply = NULL;
		int r = call(c, "First", &reply);

		if (r != cases[i].expected)
			fail_msg("case %zu: %d: %s", i, r, iouctl_error_message(c));
		assert_null(reply);
		assert_null(iouctl_error_name(c));
		assert_true(strlen(iouctl_error_message(c)) > 0);
		r = call(c, "Second", &reply);
		if (r != 0)
			fail_msg("after case %zu: %d: %s", i, r, iouctl_error_message(c));
		free(reply);
		iouctl_free(c);
		server_stop(server);
	}
}

/* After an invalid reply nothing more is read from the connection, even if it stays open. */
static void spoilt_connection(void **state)
{
	const struct step steps[] = {
		{.expect = "First", .reply = "nonsense"},
		{.hang_up = true},
		{.expect = "Second", .reply = "{\"continues\":true}"},
		{.hang_up = true},
		{.expect = "Third", .reply = "{}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl *c = connect_to(server);
	char *reply = NULL;

	assert_int_equal(call(c, "First", &reply), -EPROTO);
	assert_int_equal(call(c, "Second", &reply), -EPROTO);
	assert_null(reply);
	assert_int_equal(call(c, "Third", &reply), 0);
	free(reply);
	iouctl_free(c);
	server_stop(server);
}

static void on_signal(int number)
{
	(void)number;
}

static void signals_do_not_end_a_call(void **state)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct caller caller = {.method = "Slow", .result = 1};
	struct server *server;
	int gate[2];
	int i;

	assert_int_equal(pipe(gate), 0);
	{
		const struct step steps[] = {{.expect = "Slow", .gate = gate[0], .reply = "{}"}};

		server = SERVER_START(steps);
		sigaction(SIGUSR1, &action, NULL);
		caller.c = connect_to(server);
		caller_start(&caller);
		for (i = 0; i < 10; i++) {
			wait_until_asleep(caller.tid);
			pthread_kill(caller.thread, SIGUSR1);
		}
		assert_int_equal(write(gate[1], "", 1), 1);
		pthread_join(caller.thread, NULL);
		server_stop(server);
	}
	assert_int_equal(caller.result, 0);
	iouctl_free(caller.c);
	close(gate[0]);
	close(gate[1]);
}

static void version(void **state)
{
	assert_string_equal(iouctl_version(), "0.2.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(path_too_long),
		cmocka_unit_test(path_from_environment),
		cmocka_unit_test(answers),
		cmocka_unit_test(large_answer),
		cmocka_unit_test(refused),
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(descriptors_go_and_come),
		cmocka_unit_test(misbehaviour),
		cmocka_unit_test(spoilt_connection),
		cmocka_unit_test(signals_do_not_end_a_call),
		cmocka_unit_test(version),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib call", tests, NULL, NULL);
}
