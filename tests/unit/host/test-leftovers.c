/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts that an earlier daemon has left. That daemon is a child of the test here: it starts hosts,
 * says so, and is killed.
 */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "host/control-socket.h"

struct starter {
	size_t n;
	pid_t pids[8];
	int pidfds[8];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count_ready(void *arg, int ring_fd)
{
	++*(size_t *)arg;
}

static void ignore(void *arg)
{
}

static void ignore_exit(void *arg, int code, int status)
{
	_exit(3);
}

/* The earlier daemon: writes the pids of its hosts once all are ready, then waits to be killed. */
static void be_a_daemon(const char *directory, const char *const *names, size_t n, int out)
{
	const struct host_callbacks callbacks = {
		.ready = count_ready, .running = ignore, .paused = ignore, .exited = ignore_exit};
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct hosts *hosts;
	char path[128];
	size_t ready = 0;

	snprintf(path, sizeof(path), "%s/a/hosts", directory);
	if (hosts_linux_new(loop, getenv("HOST_PROGRAM"), path, &hosts) < 0)
		_exit(1);
	for (size_t i = 0; i < n; i++) {
		struct host_setup setup = fixture_setup(names[i]);
		struct host *host;
		pid_t pid;

		if (hosts->ops->start(hosts, &setup, &callbacks, &ready, &host) < 0)
			_exit(2);
		pid = hosts->ops->pid(host);
		if (write(out, &pid, sizeof(pid)) != sizeof(pid))
			_exit(4);
	}
	while (ready < n)
		ev_run(loop, EVRUN_ONCE);
	close(out);
	for (;;)
		pause();
}

/* The hosts become the test's children, which lets it see that they are gone. */
static void leave_hosts(struct fixture *f, const char *const *names, size_t n, pid_t *pids)
{
	int pipe_fds[2];
	pid_t daemon;
	char byte;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	daemon = fork();
	assert_true(daemon >= 0);
	if (daemon == 0) {
		close(pipe_fds[0]);
		be_a_daemon(f->directory, names, n, pipe_fds[1]);
	}
	close(pipe_fds[1]);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(read(pipe_fds[0], &pids[i], sizeof(pids[i])), sizeof(pids[i]));
	assert_int_equal(read(pipe_fds[0], &byte, 1), 0);
	close(pipe_fds[0]);
	kill(daemon, SIGKILL);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
}

static void assert_ended(pid_t pid, int code, int status)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0);
	assert_int_equal(info.si_pid, pid);
	assert_int_equal(info.si_code, code);
	assert_int_equal(info.si_status, status);
}

static void test_none(void **state)
{
	struct fixture *f = *state;
	double start = now();

	assert_int_equal(f->hosts->ops->leftovers_end(f->hosts), 0);
	assert_true(now() - start < 0.5);
}

static void test_good_ones(void **state)
{
	static const char *const names[] = {"good-1", "good-2", "good-3"};
	struct fixture *f = *state;
	pid_t pids[3];

	leave_hosts(f, names, 3, pids);
	assert_int_equal(f->hosts->ops->leftovers_end(f->hosts), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_ended(pids[i], CLD_EXITED, 0);
		assert_false(fixture_has_socket(f, names[i]));
	}
}

/* One that does not listen to its daemon, and one that its client has stopped. */
static void test_stubborn_ones(void **state)
{
	static const char *const names[] = {"deaf", "good-stopped", "good"};
	struct fixture *f = *state;
	pid_t pids[3];
	double start;

	leave_hosts(f, names, 3, pids);
	assert_int_equal(kill(pids[1], SIGSTOP), 0);
	start = now();
	assert_int_equal(f->hosts->ops->leftovers_end(f->hosts), 0);
	assert_true(now() - start < 2.5);
	assert_ended(pids[0], CLD_KILLED, SIGKILL);
	assert_ended(pids[1], CLD_KILLED, SIGKILL);
	assert_ended(pids[2], CLD_EXITED, 0);
}

static void test_only_files(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int directory, listener, fd;

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(control_directory_open(path, &directory), 0);
	/* of a daemon that was killed before it had a host */
	assert_int_equal(control_socket_listen(directory, "dead", &listener), 0);
	assert_int_equal(control_socket_listen(directory, "dead", &fd), -EEXIST);
	close(listener);
	fd = openat(directory, "notes.txt", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(f->hosts->ops->leftovers_end(f->hosts), 0);
	assert_false(fixture_has_socket(f, "dead"));
	/* what is not ours stays */
	assert_int_equal(unlinkat(directory, "notes.txt", 0), 0);
	close(directory);
}

/* Nobody but a socket that is never served: bounded all the same, and said. */
static void test_never_ends(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int directory, listener;
	double start = now();

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(control_directory_open(path, &directory), 0);
	assert_int_equal(control_socket_listen(directory, "stuck", &listener), 0);
	assert_int_equal(f->hosts->ops->leftovers_end(f->hosts), -ETIMEDOUT);
	assert_true(now() - start < 3);
	assert_true(fixture_has_socket(f, "stuck"));
	control_socket_remove(directory, "stuck");
	close(listener);
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_good_ones, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_stubborn_ones, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_only_files, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_never_ends, fixture_new, fixture_free),
	};

	fixture_setup("warm"); /* its descriptors are there before they are counted */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hosts of an earlier daemon", tests, NULL, NULL);
}
