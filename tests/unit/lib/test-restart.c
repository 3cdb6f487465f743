/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-restart.c - daemons that end before, between or during calls, or do not reply */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fixture.h"

/* The end of the daemon between two calls has no effect on any method. */
static void daemon_restarted(void **state)
{
	const struct step steps[] = {
		{.expect = "One", .reply = "{}"},
		{.close = true},
		{.expect = "DestroyRing", .reply = "{}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl *c = connect_to(server);
	char *reply = NULL;

	assert_int_equal(call(c, "One", &reply), 0);
	free(reply);
	server_wait_for(server, 2);
	assert_int_equal(call(c, "DestroyRing", &reply), 0);
	free(reply);
	server_stop(server);
	/* and now no daemon listens */
	assert_int_equal(call(c, "GetStatus", &reply), -ENOENT);
	assert_non_null(strstr(iouctl_error_message(c), "cannot connect"));
	assert_int_equal(call(c, "DestroyRing", &reply), -ENOENT);
	iouctl_free(c);
}

/* The daemon ends during a call that may be repeated. */
static void reads_are_repeated(void **state)
{
	static const char *const methods[] = {
		"org.varlink.service.GetInfo",
		"org.varlink.service.GetInterfaceDescription",
		"GetStatus",
		"ListPrograms",
		"DescribeProgram",
		"OpenRing",
		"DescribeRing",
		"ListRings",
		"ReadParameters",
		"ExplainPolicy",
	};
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const struct step steps[] = {
			{.expect = methods[i], .expect2 = "\"x\":1", .close = true},
			{.expect = methods[i], .expect2 = "\"x\":1", .reply = "{}"},
		};
		struct server *server = SERVER_START(steps);
		struct iouctl *c = connect_to(server);
		char *reply = NULL;
		int r = iouctl_call(c, methods[i], "{\"x\":1}", NULL, 0, &reply, NULL, NULL);

		if (r != 0)
			fail_msg("%s: %d", methods[i], r);
		free(reply);
		iouctl_free(c);
		server_stop(server);
	}
}

static void repeated_only_once(void **state)
{
	const struct step steps[] = {
		{.expect = "GetStatus", .close = true},
		{.expect = "GetStatus", .reply = "{\"para", .length = 6, .close = true},
		{.expect = "Next", .reply = "{}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl *c = connect_to(server);
	char *reply = NULL;

	assert_int_equal(call(c, "GetStatus", &reply), -ECONNRESET);
	assert_null(reply);
	assert_int_equal(call(c, "Next", &reply), 0);
	free(reply);
	iouctl_free(c);
	server_stop(server);
}

static void changes_are_not_repeated(void **state)
{
	static const char *const methods[] = {
		"RollbackProgram", "LoadProgram",     "UnloadProgram", "CreateRing",
		"StartRing",	   "PauseRing",	      "ResumeRing",    "DestroyRing",
		"SwapProgram",	   "WriteParameters", "GetNews",       "ClearRing",
	};
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const struct step steps[] = {
			{.expect = methods[i], .close = true},
			{.expect = "Next", .reply = "{}"},
		};
		struct server *server = SERVER_START(steps);
		struct iouctl *c = connect_to(server);
		char *reply = NULL;

		assert_int_equal(call(c, methods[i], &reply), -ECONNRESET);
		assert_null(reply);
		assert_int_equal(call(c, "Next", &reply), 0);
		free(reply);
		iouctl_free(c);
		server_stop(server);
	}
}

/* The client's socket: the only one here that is connected to a socket with a name. */
static int find_client_socket(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct sockaddr_un peer = {};
		socklen_t size = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
		    peer.sun_family == AF_UNIX && size > sizeof(sa_family_t))
			return fd;
	}
	fail_msg("the client has no socket");
	return -1;
}

/* A connection to @server that buffers fewer bytes than a large call has. */
static struct iouctl *connect_with_small_buffer(struct server *server)
{
	struct iouctl *c = connect_to(server);
	int bytes = 4096;

	assert_int_equal(
		setsockopt(find_client_socket(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
	return c;
}

/* A call that the daemon cannot have received is repeated even if it changes something. */
static void did_not_arrive(void **state)
{
	const size_t length = 60000; /* more than the socket buffers */
	char *parameters = malloc(length);
	struct caller caller = {.method = "WriteParameters", .parameters = parameters, .result = 1};
	struct server *server;
	int gate[2];
	int n = sprintf(parameters, "{\"x\":\"");

	memset(parameters + n, 'x', length - n);
	strcpy(parameters + length - 3, "\"}");
	assert_int_equal(pipe(gate), 0);
	{
		const struct step steps[] = {
			{.gate = gate[0], .close = true},
			{.expect = "WriteParameters", .reply = "{}"},
		};

		server = SERVER_START(steps);
		caller.c = connect_with_small_buffer(server);
		caller_start(&caller);
		wait_until_asleep(caller.tid);
		assert_int_equal(write(gate[1], "", 1), 1);
		pthread_join(caller.thread, NULL);
		server_stop(server);
	}
	assert_int_equal(caller.result, 0);
	iouctl_free(caller.c);
	free(parameters);
	close(gate[0]);
	close(gate[1]);
}

static void time_limit(void **state)
{
	struct server *server;
	struct iouctl *c;
	char *reply = NULL;
	int gate[2];

	assert_int_equal(pipe(gate), 0);
	{
		const struct step steps[] = {
			{.expect = "Quick", .reply = "{}"},
			{.expect = "Slow", .gate = gate[0], .reply = "{}"},
			{.hang_up = true},
			{.expect = "Next", .reply = "{}"},
		};

		server = SERVER_START(steps);
		c = connect_to(server);
		iouctl_set_timeout(c, 20000);
		assert_int_equal(call(c, "Quick", &reply), 0);
		free(reply);
		reply = NULL;
		iouctl_set_timeout(c, 20);
		assert_int_equal(call(c, "Slow", &reply), -ETIMEDOUT);
		assert_null(reply);
		assert_non_null(strstr(iouctl_error_message(c), "within 20 ms"));
		assert_int_equal(write(gate[1], "", 1), 1);
		/* its late reply is not used for this call */
		iouctl_set_timeout(c, -1);
		assert_int_equal(call(c, "Next", &reply), 0);
		free(reply);
		server_stop(server);
	}
	iouctl_free(c);
	close(gate[0]);
	close(gate[1]);
}

/* If nobody accepts, sending and connecting time out. */
static void time_limit_of_a_full_backlog(void **state)
{
	struct server *server = server_start(NULL, 0);
	struct iouctl *c = connect_to(server);
	char *reply = NULL;
	int i;

	iouctl_set_timeout(c, 20);
	for (i = 0; i < SERVER_BACKLOG + 2; i++)
		assert_int_equal(call(c, "GetStatus", &reply), -ETIMEDOUT);
	assert_non_null(strstr(iouctl_error_message(c), "cannot connect"));
	assert_null(reply);
	iouctl_free(c);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(daemon_restarted),
		cmocka_unit_test(reads_are_repeated),
		cmocka_unit_test(repeated_only_once),
		cmocka_unit_test(changes_are_not_repeated),
		cmocka_unit_test(did_not_arrive),
		cmocka_unit_test(time_limit),
		cmocka_unit_test(time_limit_of_a_full_backlog),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib restart", tests, NULL, NULL);
}
