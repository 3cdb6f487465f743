/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-ring.c - calls to the daemon for a ring, and the effects of its replies */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

#define REFUSED_JSON                                                                               \
	"{\"error\":\"org.iouringd.Manager.RingBusy\","                                            \
	"\"parameters\":{\"ring\":\"r1\",\"reason\":\"it is not running\"}}"

static void create(void **state)
{
	int region = make_good_region(100, 4096);
	const struct iouctl_file files[] = {{"source", STDIN_FILENO}, {"target", STDOUT_FILENO}};
	const struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "copy",
		.name = "r1",
		.files = files,
		.n_files = 2,
		.parameters = "{\"depth\": 16}",
		.data_bytes = 4096,
	};
	const struct step steps[] = {
		{.expect = "\"slot\":\"source\",\"fileDescriptor\":0",
		 .expect2 = "\"depth\":16",
		 .expect_fds = 2,
		 .reply = CREATED_JSON,
		 .fds = {region, STDIN_FILENO},
		 .n_fds = 2},
		{.expect = "\"dataBytes\":4096",
		 .expect2 = "org.iouringd.Manager.CreateRing",
		 .expect_fds = 2,
		 .reply = REFUSED_JSON},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_ring *ring = NULL;
	struct iouctl_ring *second = NULL;
	struct iouctl *c = NULL;

	assert_int_equal(iouctl_connect(server_path(server), &c), 0);
	assert_int_equal(iouctl_ring_create(c, &options, &ring), 0);
	assert_string_equal(iouctl_ring_name(ring), "r1");
	assert_true(iouctl_ring_lease_fd(ring) >= 0);
	assert_true(fcntl(iouctl_ring_lease_fd(ring), F_GETFD) & FD_CLOEXEC);
	assert_int_equal(iouctl_ring_create(c, &options, &second), -EREMOTEIO);
	assert_null(second);
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.RingBusy");
	iouctl_ring_free(ring);
	iouctl_free(c);
	server_stop(server);
	close(region);
}

static void persistent(void **state)
{
	int region = make_good_region(100, 4096);
	struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "copy",
		.persistent = 1,
	};
	const struct step steps[] = {
		{.expect = "\"persistent\":true",
		 .reply = "{\"parameters\":{\"ring\":" RING_JSON ",\"regionFileDescriptor\":0}}",
		 .fds = {region},
		 .n_fds = 1},
		{.expect = "{\"program\":\"copy\"}", .reply = REFUSED_JSON},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;

	assert_int_equal(iouctl_connect(server_path(server), &c), 0);
	assert_int_equal(iouctl_ring_create(c, &options, &ring), 0);
	assert_int_equal(iouctl_ring_lease_fd(ring), -1);
	ring = iouctl_ring_free(ring);
	/* an application built for 0.1 does not have this member */
	options.size = offsetof(struct iouctl_ring_options, persistent);
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EREMOTEIO);
	iouctl_free(c);
	server_stop(server);
	close(region);
}

/* A later daemon sends fields that this library does not know. */
static void newer_daemon(void **state)
{
	int region = make_good_region(100, 4096);
	const struct step steps[] = {
		{.expect = "OpenRing",
		 .reply = "{\"parameters\":{\"ring\":{\"name\":\"r7\",\"mood\":\"good\"},"
			  "\"regionFileDescriptor\":0,\"weather\":[1,2]},\"signature\":\"x\"}",
		 .fds = {region},
		 .n_fds = 1},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;

	assert_int_equal(iouctl_connect(server_path(server), &c), 0);
	assert_int_equal(iouctl_ring_open(c, "r7", &ring), 0);
	assert_string_equal(iouctl_ring_name(ring), "r7");
	iouctl_ring_free(ring);
	iouctl_free(c);
	server_stop(server);
	close(region);
}

static void freeing_closes_the_lease(void **state)
{
	struct fixture fixture;
	char byte;

	fixture_init(&fixture, 100);
	assert_int_equal(recv(fixture.lease, &byte, 1, MSG_DONTWAIT), -1);
	fixture.ring = iouctl_ring_free(fixture.ring);
	assert_int_equal(recv(fixture.lease, &byte, 1, MSG_DONTWAIT), 0);
	fixture_done(&fixture);
}

static void bad_options(void **state)
{
	struct server *server = server_start(NULL, 0);
	struct iouctl_ring_options options = {.size = sizeof(options), .program = "copy"};
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;

	assert_int_equal(iouctl_connect(server_path(server), &c), 0);
	options.size = 8;
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EINVAL);
	options.size = offsetof(struct iouctl_ring_options, persistent) - 1;
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EINVAL);
	options.size = sizeof(options) + 8; /* of a later version, whose members are unknown */
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EINVAL);
	options.size = sizeof(options);
	options.parameters = "[]";
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EINVAL);
	options.parameters = NULL;
	options.program = NULL;
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EINVAL);
	options.program = "copy";
	options.n_files = 1;
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EINVAL);
	options.n_files = 0;
	options.data_bytes = UINT64_MAX;
	assert_int_equal(iouctl_ring_create(c, &options, &ring), -EINVAL);
	assert_null(ring);
	iouctl_free(c);
	server_stop(server);
}

static void wrong_descriptors(void **state)
{
	static const struct {
		const char *reply;
		size_t n_fds;
	} cases[] = {
		{CREATED_JSON, 0},
		{CREATED_JSON, 1},
		{"{\"parameters\":{\"ring\":" RING_JSON ",\"regionFileDescriptor\":0}}", 2},
		{"{\"parameters\":{\"ring\":" RING_JSON
		 ",\"regionFileDescriptor\":0,\"leaseFileDescriptor\":2}}",
		 2},
		{"{\"parameters\":{\"ring\":" RING_JSON
		 ",\"regionFileDescriptor\":-1,\"leaseFileDescriptor\":1}}",
		 2},
		{"{\"parameters\":{\"ring\":" RING_JSON
		 ",\"regionFileDescriptor\":0,\"leaseFileDescriptor\":0}}",
		 2},
		{"{\"parameters\":{\"ring\":\"r1\",\"regionFileDescriptor\":0,"
		 "\"leaseFileDescriptor\":1}}",
		 2},
		{"{\"parameters\":{\"regionFileDescriptor\":0,\"leaseFileDescriptor\":1}}", 2},
		{"{\"parameters\":{}}", 0},
	};
	const struct iouctl_ring_options options = {.size = sizeof(options), .program = "copy"};
	int region = make_good_region(100, 4096);
	int next = dup(region);
	size_t i;

	close(next);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct step steps[] = {
			{.expect = "CreateRing",
			 .reply = cases[i].reply,
			 .fds = {region, STDIN_FILENO},
			 .n_fds = cases[i].n_fds},
		};
		struct server *server = SERVER_START(steps);
		struct iouctl_ring *ring = NULL;
		struct iouctl *c = NULL;
		int r;

		assert_int_equal(iouctl_connect(server_path(server), &c), 0);
		r = iouctl_ring_create(c, &options, &ring);
		if (r != -EPROTO)
			fail_msg("case %zu: %d: %s", i, r, iouctl_error_message(c));
		assert_null(ring);
		assert_non_null(strstr(iouctl_error_message(c), "CreateRing"));
		iouctl_free(c);
		server_stop(server);
		/* no descriptor is leaked */
		assert_int_equal(dup(region), next);
		close(next);
	}
	close(region);
}

static void steer(void **state)
{
	int region = make_good_region(100, 4096);
	const struct step steps[] = {
		{.expect = "OpenRing",
		 .expect2 = "\"ring\":\"r1\"",
		 .reply = OPENED_JSON,
		 .fds = {region},
		 .n_fds = 1},
		{.expect = ".StartRing", .expect2 = "\"ring\":\"r1\"", .reply = RING_REPLY_JSON},
		{.expect = ".PauseRing", .expect2 = "\"ring\":\"r1\"", .reply = RING_REPLY_JSON},
		{.expect = ".ResumeRing", .expect2 = "\"ring\":\"r1\"", .reply = RING_REPLY_JSON},
		{.expect = ".ResumeRing", .reply = REFUSED_JSON},
		{.expect = ".WriteParameters",
		 .expect2 = "\"depth\":4",
		 .reply = "{\"parameters\":{}}"},
		{.expect = ".ReadParameters",
		 .expect2 = "\"ring\":\"r1\"",
		 .reply = "{\"parameters\":{\"parameters\":{\"depth\":4},\"generation\":1}}"},
		{.expect = ".DestroyRing", .expect2 = "\"ring\":\"r1\"", .reply = "{}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	char *text = NULL;

	assert_int_equal(iouctl_connect(server_path(server), &c), 0);
	assert_int_equal(iouctl_ring_open(c, "r1", &ring), 0);
	assert_int_equal(iouctl_ring_start(ring), 0);
	assert_int_equal(iouctl_ring_pause(ring), 0);
	assert_int_equal(iouctl_ring_resume(ring), 0);
	assert_int_equal(iouctl_ring_resume(ring), -EREMOTEIO);
	assert_non_null(strstr(iouctl_error_message(c), "it is not running"));
	assert_int_equal(iouctl_ring_set(ring, "nonsense"), -EINVAL);
	assert_int_equal(iouctl_ring_set(ring, NULL), -EINVAL);
	assert_int_equal(iouctl_ring_set(ring, "{\"depth\": 4}"), 0);
	assert_int_equal(iouctl_ring_get(ring, &text), 0);
	assert_string_equal(text, "{\"depth\":4}");
	free(text);
	assert_int_equal(iouctl_ring_destroy(ring), 0);
	iouctl_ring_free(ring);
	iouctl_free(c);
	server_stop(server);
	close(region);
}

static void swap(void **state)
{
	int region = make_good_region(100, 4096);
	const struct step steps[] = {
		{.expect = "OpenRing", .reply = OPENED_JSON, .fds = {region}, .n_fds = 1},
		{.expect = "\"program\":\"copy-paced\"",
		 .expect2 = "\"expectedGeneration\":1",
		 .reply = "{\"parameters\":{\"generation\":2}}"},
		{.expect = ".SwapProgram\",\"parameters\":{\"ring\":\"r1\",\"program\":\"copy\"}",
		 .reply = "{\"parameters\":{\"generation\":3}}"},
		{.expect = "\"expectedGeneration\":2",
		 .reply = "{\"error\":\"org.iouringd.Manager.GenerationMismatch\","
			  "\"parameters\":{\"current\":3}}"},
	};
	struct server *server = SERVER_START(steps);
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	uint64_t generation = 0;

	assert_int_equal(iouctl_connect(server_path(server), &c), 0);
	assert_int_equal(iouctl_ring_open(c, "r1", &ring), 0);
	assert_int_equal(iouctl_ring_swap(ring, "copy-paced", 1, &generation), 0);
	assert_int_equal(generation, 2);
	assert_int_equal(iouctl_ring_swap(ring, "copy", 0, NULL), 0);
	assert_int_equal(iouctl_ring_swap(ring, "copy", 2, &generation), -EREMOTEIO);
	assert_int_equal(generation, 2);
	assert_non_null(strstr(iouctl_error_message(c), "3"));
	assert_int_equal(iouctl_ring_swap(ring, NULL, 0, NULL), -EINVAL);
	iouctl_ring_free(ring);
	iouctl_free(c);
	server_stop(server);
	close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(persistent),  cmocka_unit_test(newer_daemon),
		cmocka_unit_test(create),      cmocka_unit_test(freeing_closes_the_lease),
		cmocka_unit_test(bad_options), cmocka_unit_test(wrong_descriptors),
		cmocka_unit_test(steer),       cmocka_unit_test(swap),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib ring", tests, NULL, NULL);
}
