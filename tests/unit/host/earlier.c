/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ev.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "earlier.h"

static void count_ready(void *arg, int ring_fd)
{
	++*(size_t *)arg;
}

static void count(void *arg)
{
	++*(size_t *)arg;
}

static void ignore_exit(void *arg, int code, int status)
{
	_exit(3);
}

/* The earlier daemon: writes its hosts' pids to @out, closes it once all are ready, and waits. */
static void be_a_daemon(const char *directory, const char *const *names, size_t n, int out)
{
	const struct host_callbacks callbacks = {
		.ready = count_ready, .running = count, .paused = count, .exited = ignore_exit};
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct hosts *hosts;
	char path[128];
	struct host *all[8];
	size_t ready = 0, started = 0;

	snprintf(path, sizeof(path), "%s/a/hosts", directory);
	if (hosts_linux_new(loop, getenv("HOST_PROGRAM"), path, &hosts) < 0)
		_exit(1);
	for (size_t i = 0; i < n; i++) {
		struct host_setup setup = fixture_setup(names[i]);
		pid_t pid;

		if (hosts->ops->start(hosts, &setup, &callbacks, &ready, &all[i]) < 0)
			_exit(2);
		pid = hosts->ops->pid(all[i]);
		if (write(out, &pid, sizeof(pid)) != sizeof(pid))
			_exit(4);
	}
	while (ready < n)
		ev_run(loop, EVRUN_ONCE);
	for (size_t i = 0; i < n; i++)
		if (strstr(names[i], "-runs")) {
			started++;
			if (hosts->ops->command(all[i], CONTROL_START) < 0)
				_exit(5);
		}
	while (ready < n + started)
		ev_run(loop, EVRUN_ONCE);
	close(out);
	for (;;)
		pause();
}

void earlier_daemon(struct fixture *f, const char *const *names, size_t n, pid_t *pids)
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
