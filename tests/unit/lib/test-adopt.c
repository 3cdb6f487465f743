/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-adopt.c - adopting a ring: calls to the daemon, and cleanup after failures
 *
 * No test needs io_uring: either the daemon refuses, or the region is too small to register.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../fds.h"
#include "fixture.h"

#define PREPARED(slots)                                                                            \
	"{\"parameters\":{\"ring\":" RING_JSON                                                     \
	",\"regionFileDescriptor\":0,\"leaseFileDescriptor\":1,\"slots\":" slots "}}"
#define REFUSED_JSON                                                                               \
	"{\"error\":\"org.iouringd.Manager.NotPermitted\","                                        \
	"\"parameters\":{\"reason\":\"there are no adopted rings here\"}}"
#define DONE_JSON "{\"parameters\":{}}"

/* A socket on which listen() succeeds. */
static int make_lease(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	return fd;
}

/* The result with @steps; no descriptor remains open. */
static int adopt(const struct step *steps, size_t n, char *ret_message, size_t size)
{
	const struct iouctl_file files[] = {{"source", STDIN_FILENO}, {"target", STDOUT_FILENO}};
	const struct iouctl_ring_options options = {
		.size = sizeof(options), .program = "copy", .files = files, .n_files = 2};
	size_t fds = count_fds();
	struct server *server = server_start(steps, n);
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = connect_to(server);
	int r = iouctl_ring_adopt(c, &options, &ring);

	assert_null(ring);
	strncpy(ret_message, iouctl_error_message(c), size - 1);
	ret_message[size - 1] = '\0';
	iouctl_free(c);
	server_stop(server);
	assert_int_equal(count_fds(), fds);
	return r;
}

static void refused(void **state)
{
	const struct step steps[] = {
		{.expect = "org.iouringd.Manager.PrepareRing",
		 .expect2 = "\"slot\":\"source\",\"fileDescriptor\":0",
		 .expect_fds = 2,
		 .reply = REFUSED_JSON},
	};
	char message[256];

	assert_int_equal(adopt(steps, 1, message, sizeof(message)), -EREMOTEIO);
	assert_non_null(strstr(message, "there are no adopted rings here"));
}

/* Invalid replies. */
static void bad_answers(void **state)
{
	static const char *const replies[] = {
		"{\"parameters\":{\"ring\":" RING_JSON
		",\"regionFileDescriptor\":0,\"leaseFileDescriptor\":1}}",
		"{\"parameters\":{\"ring\":" RING_JSON ",\"regionFileDescriptor\":0,\"slots\":[]}}",
		"{\"parameters\":{\"ring\":{\"name\":\"r1\"},\"regionFileDescriptor\":0,"
		"\"leaseFileDescriptor\":1,\"slots\":[]}}",
		PREPARED("[1,2]"),
		PREPARED("\"source\""),
	};
	int region = make_good_region(100, 4096), lease = make_lease();
	char message[256];

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		const struct step step = {.expect = "PrepareRing",
					  .expect_fds = 2,
					  .reply = replies[i],
					  .fds = {region, lease},
					  .n_fds = 2};

		assert_int_equal(adopt(&step, 1, message, sizeof(message)), -EPROTO);
	}
	close(region);
	close(lease);
}

/* After PrepareRing: the ring is destroyed, and the first failure is reported. */
static void destroyed_after_failure(void **state)
{
	struct iourd_identity broken = good_identity(100, 4096);
	int lease = make_lease(), region, no_socket = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct step steps[] = {
		{.expect = "PrepareRing",
		 .expect_fds = 2,
		 .reply = PREPARED("[\"source\",\"target\"]"),
		 .n_fds = 2},
		{.expect = "DestroyRing", .expect2 = "\"r1\"", .reply = DONE_JSON},
	};
	char message[256];

	broken.magic++;
	region = make_region(&broken, 8192, F_SEAL_SHRINK | F_SEAL_GROW);
	steps[0].fds[0] = region;
	steps[0].fds[1] = lease;
	assert_int_equal(adopt(steps, 2, message, sizeof(message)), -EPROTO);
	assert_non_null(strstr(message, "magic"));
	close(region);

	region = make_good_region(100, 4096);
	steps[0].fds[0] = region;
	steps[0].fds[1] = no_socket;
	assert_int_equal(adopt(steps, 2, message, sizeof(message)), -ENOTSOCK);
	assert_non_null(strstr(message, "cannot set up ring r1"));
	close(region);
	close(no_socket);
	close(lease);
}

static void bad_options(void **state)
{
	struct server *server = server_start(NULL, 0);
	struct iouctl_ring_options options = {
		.size = sizeof(options), .program = "copy", .persistent = 1};
	struct iouctl *c = connect_to(server);
	struct iouctl_ring *ring = NULL;

	assert_int_equal(iouctl_ring_adopt(c, &options, &ring), -EINVAL);
	assert_non_null(strstr(iouctl_error_message(c), "persistent"));
	options.persistent = 0;
	options.program = NULL;
	assert_int_equal(iouctl_ring_adopt(c, &options, &ring), -EINVAL);
	iouctl_free(c);
	server_stop(server);
}

/* A process cannot run a ring that a host runs. */
static void hosted(void **state)
{
	struct fixture fixture;

	fixture_init(&fixture, 100);
	assert_int_equal(iouctl_ring_run(fixture.ring), -EINVAL);
	assert_non_null(strstr(iouctl_error_message(fixture.c), "not adopted by this process"));
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(destroyed_after_failure),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(hosted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("adopted rings", tests, NULL, NULL);
}
