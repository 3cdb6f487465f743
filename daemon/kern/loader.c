/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fd-passing.h"
#include "kern/answer.h"
#include "kern/reject.h"
#include "util/clock.h"
#include "util/helper.h"
#include "util/log.h"
#include "util/write-all.h"

#define CHUNK (64u << 10) /* bytes read at a time */

/* A process that has been started; dies with its owner. */
struct child {
	pid_t pid; /* 0: reaped */
	int pidfd;
	int socket;
	int64_t deadline; /* ms, of CLOCK_MONOTONIC */
};

void loader_result_done(struct loader_result *result)
{
	free(result->bytes);
	safe_close(result->fd);
	*result = (struct loader_result){.fd = -1};
}

/* Sealed: what the two tasks parse is the same. */
static int make_memfd(const void *image, size_t size, int *ret)
{
	_cleanup_close_ int fd = memfd_create("iouring-object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, image, size);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	*ret = take_fd(&fd);
	return 0;
}

static int start(const char *path, enum loader_task task, int object_fd, struct child *child)
{
	const char *const arguments[] = {"iouring-loader", loader_task_text(task), NULL};
	_cleanup_close_ int ours = -1, theirs = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	/* before the process exists: afterwards it may have died */
	r = (int)send_with_fds(ours, "", 1, &object_fd, 1, 0);
	if (r < 0)
		return r;
	r = helper_spawn(path, arguments, theirs, &child->pid, &child->pidfd);
	if (r < 0) {
		log_error("cannot start %s: %s", path, strerror(-r));
		return r;
	}
	child->socket = take_fd(&ours);
	return 0;
}

/*
 * Waits until the socket (-1: not any more) or the end of the process can be read, and tells
 * whether the socket can; -ETIME: the deadline has passed.
 */
static int wait_for(const struct child *child, int socket, bool *ret_socket)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = socket, .events = POLLIN},
				       {.fd = child->pidfd, .events = POLLIN}};
		int64_t left = child->deadline - clock_ms();
		int n;

		if (left <= 0)
			return -ETIME;
		n = poll(fds, 2, (int)left);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		*ret_socket = fds[0].revents != 0;
		return 0;
	}
}

/* Appends what comes next; *ret_n 0: the end. */
static int receive(int socket, struct loader_result *result, size_t *ret_n)
{
	int fds[PASSED_FDS_MAX];
	size_t n_fds = 0;
	ssize_t n;

	n = receive_with_fds(socket, (char *)result->bytes + result->size, CHUNK, fds,
			     PASSED_FDS_MAX, &n_fds);
	if (n == -ECONNRESET) /* it died with our message unread */
		n = 0;
	if (n < 0)
		return (int)n;
	for (size_t i = 0; i < n_fds; i++) {
		safe_close(result->fd); /* the last one counts */
		result->fd = fds[i];
	}
	*ret_n = (size_t)n;
	result->size += (size_t)n;
	return 0;
}

/*
 * Until the process has ended and all that it sent is read; -ETIME, -EMSGSIZE. The socket alone
 * does not tell: the process may close it and live on, or send its own end of it to us.
 */
static int collect(const struct child *child, struct loader_result *result)
{
	int socket = child->socket;

	for (;;) {
		bool readable = false;
		void *bytes;
		size_t n = 0;
		int r = wait_for(child, socket, &readable);

		if (r < 0 || !readable)
			return r;
		if (result->size > ANSWER_MAX)
			return -EMSGSIZE;
		bytes = realloc(result->bytes, result->size + CHUNK);
		if (!bytes)
			return -ENOMEM;
		result->bytes = bytes;
		r = receive(socket, result, &n);
		if (r < 0)
			return r;
		if (n == 0)
			socket = -1;
	}
}

static int end(struct child *child, bool by_force)
{
	int status;

	if (by_force)
		kill(child->pid, SIGKILL); /* not reaped yet, so the pid is valid */
	while (waitpid(child->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	child->pid = 0;
	return status;
}

/* What the process was run for, and for whom its failure is worded. */
struct run {
	enum loader_task task;
	const char *name; /* or NULL */
	unsigned int deadline_ms;
};

static int refuse(const struct run *run, struct note *note, const char *what)
{
	return reject(note, run->name,
		      "its object file %s while it was %s: it is damaged, or made for an attack; "
		      "compile or copy it again",
		      what, run->task == LOADER_LOAD ? "loaded" : "parsed");
}

static int refuse_signal(const struct run *run, struct note *note, int number)
{
	const char *name = sigabbrev_np(number);
	char what[96];

	if (number == SIGXCPU)
		snprintf(what, sizeof(what), "took more than %u s of processor time",
			 run->task == LOADER_LOAD ? LOADER_LOAD_CPU_SECONDS
						  : LOADER_INSPECT_CPU_SECONDS);
	else if (number == SIGKILL)
		snprintf(what, sizeof(what), "had its parser killed (SIGKILL)");
	else
		snprintf(what, sizeof(what), "crashed the parser (SIG%s)", name ?: "?");
	return refuse(run, note, what);
}

/* @r: of collect(). @status: of the process that has ended. */
static int judge(const struct run *run, int r, int status, struct note *note)
{
	char what[64];

	if (r == -ETIME) {
		snprintf(what, sizeof(what), "took longer than %u ms", run->deadline_ms);
		return refuse(run, note, what);
	}
	if (r == -EMSGSIZE)
		return refuse(run, note, "made the parser answer without end");
	if (r < 0)
		return r;
	if (WIFSIGNALED(status))
		return refuse_signal(run, note, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0) {
		snprintf(what, sizeof(what), "ended the parser without an answer (status %d)",
			 WEXITSTATUS(status));
		return refuse(run, note, what);
	}
	return 0;
}

int loader_run(const char *path, enum loader_task task, const char *name, const void *image,
	       size_t size, unsigned int deadline_ms, struct note *note, struct loader_result *ret)
{
	const struct run run = {.task = task, .name = name, .deadline_ms = deadline_ms};
	struct child child = {.deadline = clock_ms() + deadline_ms};
	struct loader_result result = {.fd = -1};
	_cleanup_close_ int object = -1;
	int r, status;

	r = make_memfd(image, size, &object);
	if (r == 0)
		r = start(path, task, object, &child);
	if (r < 0)
		return r;
	r = collect(&child, &result);
	status = end(&child, r < 0);
	close(child.socket);
	close(child.pidfd);
	r = status < 0 ? status : judge(&run, r, status, note);
	if (r != 0) {
		loader_result_done(&result);
		return r;
	}
	*ret = result;
	return 0;
}
