/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-rings.c - the library against the real daemon, host and kernel: rings and their ends */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "iourd/prog/copy.h"
#include "iourd/prog/nop.h"

#define ENDLESS "{\"depth\":1,\"operations\":0}"

static void copy(void **state)
{
	const size_t size = 3 * 1024 * 1024 + 777;
	struct iouctl_file files[] = {{"source", make_file(size)}, {"target", make_file(0)}};
	struct iouctl_progress progress;
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring =
		make_ring(c, "copy", "{\"depth\":8,\"block_size\":65536}", files, 2);
	char name[64];
	size_t params_size;

	iouctl_ring_params(ring, &params_size);
	assert_int_equal(params_size, sizeof(struct copy_params));
	iouctl_ring_progress(ring, &progress);
	assert_int_equal(progress.ring_state, IOURD_RING_CREATED);
	assert_int_equal(progress.state, IOURD_WORK_IDLE);
	assert_int_equal(progress.generation, 1);
	assert_int_equal(iouctl_ring_wait(ring, 0), -ETIMEDOUT);
	assert_call(c, 0, iouctl_ring_start(ring));
	assert_int_equal(iouctl_ring_wait(ring, PATIENCE_MS), 0);
	iouctl_ring_progress(ring, &progress);
	assert_int_equal(progress.state, IOURD_WORK_DONE);
	assert_int_equal(progress.error, 0);
	assert_int_equal(progress.done, size);
	assert_int_equal(progress.total, size);
	assert_same_content(files[0].fd, files[1].fd, size);
	snprintf(name, sizeof(name), "%s", iouctl_ring_name(ring));
	assert_call(c, 0, iouctl_ring_destroy(ring));
	assert_int_equal(iouctl_ring_wait(ring, 0), 0);
	assert_call(c, -EREMOTEIO, iouctl_ring_start(ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.RingNotFound");
	assert_non_null(strstr(iouctl_error_message(c), name));
	iouctl_ring_free(ring);
	iouctl_free(c);
	close(files[0].fd);
	close(files[1].fd);
}

/* The file is full in the middle: the work fails, and says where. */
static void copy_fails(void **state)
{
	struct iouctl_file files[] = {{"source", make_file(100000)},
				      {"target", open("/dev/full", O_WRONLY | O_CLOEXEC)}};
	const struct iouctl_ring_options options = {
		.size = sizeof(options), .program = "copy", .files = files, .n_files = 2};
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = daemon_connect();

	/* a device is no target for copy */
	assert_call(c, -EREMOTEIO, iouctl_ring_create(c, &options, &ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.FileRefused");
	assert_non_null(strstr(iouctl_error_parameters(c), "\"slot\":\"target\""));
	close(files[1].fd);
	files[1].fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* not writable */
	assert_call(c, -EREMOTEIO, iouctl_ring_create(c, &options, &ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.FileRefused");
	assert_null(ring);
	iouctl_free(c);
	close(files[0].fd);
	close(files[1].fd);
}

static void refusals(void **state)
{
	struct iouctl_ring_options options = {.size = sizeof(options), .program = "copy"};
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = NULL;

	assert_call(c, -EREMOTEIO, iouctl_ring_create(c, &options, &ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.SlotMissing");
	options.program = "no-such-program";
	assert_call(c, -EREMOTEIO, iouctl_ring_create(c, &options, &ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.ProgramNotFound");
	assert_non_null(strstr(iouctl_error_message(c), "no-such-program"));
	options.program = "nop";
	options.parameters = "{\"depth\":65}";
	assert_call(c, -EREMOTEIO, iouctl_ring_create(c, &options, &ring));
	assert_string_equal(iouctl_error_name(c), "org.varlink.service.InvalidParameter");
	assert_non_null(strstr(iouctl_error_message(c), "depth"));
	assert_call(c, -EREMOTEIO, iouctl_ring_open(c, "no-such-ring", &ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.RingNotFound");
	assert_null(ring);
	iouctl_free(c);
}

static void parameters(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", ENDLESS, NULL, 0);
	const struct nop_params *params = iouctl_ring_params(ring, NULL);
	char *text = NULL;

	assert_int_equal(params->depth, 1);
	assert_call(c, 0, iouctl_ring_set(ring, "{\"depth\":7}"));
	assert_int_equal(params->depth, 7);
	assert_call(c, 0, iouctl_ring_get(ring, &text));
	assert_non_null(strstr(text, "\"depth\":7"));
	free(text);
	assert_call(c, -EREMOTEIO, iouctl_ring_set(ring, "{\"depth\":0}"));
	assert_non_null(strstr(iouctl_error_message(c), "depth"));
	assert_call(c, -EREMOTEIO, iouctl_ring_set(ring, "{\"bogus\":1}"));
	assert_non_null(strstr(iouctl_error_message(c), "bogus"));
	assert_int_equal(params->depth, 7);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

static void stop(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", ENDLESS, NULL, 0);
	struct iouctl_progress progress;

	assert_call(c, 0, iouctl_ring_start(ring));
	await_steps(c, iouctl_ring_name(ring));
	assert_int_equal(iouctl_ring_wait(ring, 50), -ETIMEDOUT);
	assert_int_equal(iouctl_ring_stop(ring), 0);
	assert_int_equal(iouctl_ring_wait(ring, PATIENCE_MS), 0);
	iouctl_ring_progress(ring, &progress);
	assert_int_equal(progress.state, IOURD_WORK_STOPPED);
	assert_true(progress.done > 0);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

static void pause_and_resume(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", ENDLESS, NULL, 0);
	uint64_t steps;

	assert_call(c, 0, iouctl_ring_start(ring));
	assert_call(c, 0, iouctl_ring_pause(ring));
	steps = ring_number(c, iouctl_ring_name(ring), "steps");
	assert_int_equal(iouctl_ring_wait(ring, 100), -ETIMEDOUT);
	assert_int_equal(ring_number(c, iouctl_ring_name(ring), "steps"), steps);
	assert_call(c, -EREMOTEIO, iouctl_ring_pause(ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.RingBusy");
	assert_call(c, 0, iouctl_ring_resume(ring));
	await_steps(c, iouctl_ring_name(ring));
	iouctl_ring_free(ring);
	iouctl_free(c);
}

static void swap(void **state)
{
	const size_t size = 2 * 1024 * 1024 + 1;
	struct iouctl_file files[] = {{"source", make_file(size)}, {"target", make_file(0)}};
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring =
		make_ring(c, "copy-paced",
			  "{\"depth\":4,\"block_size\":4096,\"bytes_per_second\":16384}", files, 2);
	uint64_t generation = 0;

	assert_call(c, 0, iouctl_ring_start(ring));
	assert_call(c, -EREMOTEIO, iouctl_ring_swap(ring, "copy", 5, &generation));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.GenerationMismatch");
	assert_non_null(strstr(iouctl_error_parameters(c), "\"current\":1"));
	assert_call(c, -EREMOTEIO, iouctl_ring_swap(ring, "nop", 1, &generation));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.LayoutMismatch");
	assert_int_equal(generation, 0);
	assert_call(c, 0, iouctl_ring_swap(ring, "copy", 1, &generation));
	assert_int_equal(generation, 2);
	assert_int_equal(iouctl_ring_head(ring)->life.generation, 2);
	assert_int_equal(iouctl_ring_wait(ring, PATIENCE_MS), 0);
	assert_same_content(files[0].fd, files[1].fd, size);
	iouctl_ring_free(ring);
	iouctl_free(c);
	close(files[0].fd);
	close(files[1].fd);
}

/* Opens @name in another process, stops it there, and waits for its end. */
static int other_process(const char *name)
{
	struct iouctl_progress progress = {};
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;

	if (iouctl_connect(NULL, &c) < 0 || iouctl_ring_open(c, name, &ring) < 0)
		return 1;
	if (iouctl_ring_lease_fd(ring) != -1)
		return 2;
	iouctl_ring_stop(ring);
	if (iouctl_ring_wait(ring, PATIENCE_MS) != 0)
		return 3;
	iouctl_ring_progress(ring, &progress);
	iouctl_ring_free(ring);
	iouctl_free(c);
	return progress.state == IOURD_WORK_STOPPED ? 0 : 4;
}

static void second_process(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", ENDLESS, NULL, 0);
	pid_t child;
	int status;

	assert_call(c, 0, iouctl_ring_start(ring));
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(other_process(iouctl_ring_name(ring)));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(iouctl_ring_wait(ring, PATIENCE_MS), 0);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

/* A client that was killed takes its ring along; somebody else, who has it open, sees the end. */
static void client_killed(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_progress progress;
	struct iouctl_ring *ring = NULL;
	char name[64] = "";
	int fds[2];
	pid_t child;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct iouctl_ring *mine = make_ring(daemon_connect(), "nop", ENDLESS, NULL, 0);
		const char *text = iouctl_ring_name(mine);

		if (iouctl_ring_start(mine) == 0 &&
		    write(fds[1], text, strlen(text)) == (ssize_t)strlen(text))
			pause();
		_exit(1);
	}
	close(fds[1]);
	assert_true(read(fds[0], name, sizeof(name) - 1) > 0);
	close(fds[0]);
	assert_call(c, 0, iouctl_ring_open(c, name, &ring));
	assert_int_equal(iouctl_ring_wait(ring, 50), -ETIMEDOUT);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(iouctl_ring_wait(ring, PATIENCE_MS), 0);
	iouctl_ring_progress(ring, &progress);
	assert_int_equal(progress.ring_state, IOURD_RING_ENDED);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

static void host_killed(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", ENDLESS, NULL, 0);
	struct pollfd lease = {.fd = iouctl_ring_lease_fd(ring), .events = POLLIN};
	int r;

	assert_call(c, 0, iouctl_ring_start(ring));
	assert_int_equal(poll(&lease, 1, 0), 0);
	kill(ring_number(c, iouctl_ring_name(ring), "process"), SIGKILL);
	r = iouctl_ring_wait(ring, PATIENCE_MS);
	assert_true(r == 0 || r == -EOWNERDEAD);
	if (r == 0) {
		struct iouctl_progress progress;

		iouctl_ring_progress(ring, &progress);
		assert_int_equal(progress.ring_state, IOURD_RING_ENDED);
	}
	assert_int_equal(poll(&lease, 1, PATIENCE_MS), 1);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

/*
 * The daemon and the host die at once: nobody is left to say so, but the lease is hung up. Later
 * calls find the daemon that systemd starts next.
 */
static void daemon_killed(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", ENDLESS, NULL, 0);
	struct iouctl_ring *none = NULL;
	char *reply = NULL;
	pid_t process;
	int r;

	assert_call(c, 0, iouctl_ring_start(ring));
	process = (pid_t)ring_number(c, iouctl_ring_name(ring), "process");
	/* stopped, it cannot notice that the host, in another control group, is gone */
	assert_int_equal(system("systemctl kill --signal=STOP iouringd.service"), 0);
	kill(process, SIGKILL);
	assert_int_equal(system("systemctl kill --signal=KILL iouringd.service"), 0);
	assert_int_equal(iouctl_ring_wait(ring, PATIENCE_MS), -EOWNERDEAD);
	r = iouctl_call(c, "GetStatus", NULL, NULL, 0, &reply, NULL, NULL);
	if (r == -ECONNRESET) /* it had not closed the connection yet when we asked */
		r = iouctl_call(c, "GetStatus", NULL, NULL, 0, &reply, NULL, NULL);
	assert_call(c, 0, r);
	free(reply);
	assert_call(c, -EREMOTEIO, iouctl_ring_open(c, iouctl_ring_name(ring), &none));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.RingNotFound");
	iouctl_ring_free(ring);
	iouctl_free(c);
}

/* A process that has become another user uses the connection that it made before. */
static int call_as_client(void)
{
	struct iouctl *c = NULL;
	char *reply = NULL;

	if (iouctl_connect(NULL, &c) < 0 ||
	    iouctl_call(c, "GetStatus", NULL, NULL, 0, &reply, NULL, NULL) != 0)
		return 1;
	if (setresgid(1000, 1000, 1000) < 0 || setresuid(1000, 1000, 1000) < 0)
		return 2;
	if (iouctl_call(c, "GetStatus", NULL, NULL, 0, &reply, NULL, NULL) == 0)
		return 3;
	return strstr(iouctl_error_message(c), "user 1000 has sent it, but user 0") ? 0 : 4;
}

static void connection_of_another_user(void **state)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(call_as_client());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy),		 cmocka_unit_test(copy_fails),
		cmocka_unit_test(refusals),	 cmocka_unit_test(parameters),
		cmocka_unit_test(stop),		 cmocka_unit_test(pause_and_resume),
		cmocka_unit_test(swap),		 cmocka_unit_test(second_process),
		cmocka_unit_test(client_killed), cmocka_unit_test(host_killed),
		cmocka_unit_test(daemon_killed), cmocka_unit_test(connection_of_another_user),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib rings", tests, daemon_start, NULL);
}
