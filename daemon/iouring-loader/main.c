/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouring-loader TASK - parses one loop program's object, and loads it if TASK is "load"
 *
 * iouringd starts it with only fd 3, a socket on which the object waits, as a memfd. It enters its
 * sandbox, parses, sends its answer (kern/answer.h) and exits. Whatever the object makes of it, the
 * daemon lives on.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fd-passing.h"
#include "iouring-loader/confine.h"
#include "iouring-loader/tasks.h"
#include "kern/answer.h"
#include "kern/libbpf-log.h"
#include "wire/fault.h"

#define SOCKET_FD 3

static int usage(void)
{
	fputs("iouring-loader: fd 3 is not a socket with an object; only iouringd can start this "
	      "program\n",
	      stderr);
	return 2;
}

static bool find_task(const char *text, enum loader_task *ret)
{
	static const enum loader_task tasks[] = {LOADER_INSPECT, LOADER_LOAD};

	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++)
		if (strcmp(loader_task_text(tasks[i]), text) == 0) {
			*ret = tasks[i];
			return true;
		}
	return false;
}

static int receive_object(int *ret)
{
	size_t n_fds = 0;
	char byte;
	ssize_t n = receive_with_fds(SOCKET_FD, &byte, 1, ret, 1, &n_fds);

	return n < 0 ? (int)n : n_fds == 1 ? 0 : -EBADMSG;
}

/* Standard input, output and error are the daemon's. */
static int close_others(int object)
{
	if (close_range(0, SOCKET_FD - 1, 0) < 0 || close_range(object + 1u, ~0u, 0) < 0)
		return -errno;
	return 0;
}

/* @fd: accompanies the first byte; or -1. */
static int send_all(const char *bytes, size_t size, int fd)
{
	while (size > 0) {
		ssize_t n = send_with_fds(SOCKET_FD, bytes, size, &fd, fd >= 0, 0);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		bytes += n;
		size -= (size_t)n;
		fd = -1;
	}
	return 0;
}

/* Writes the answer of @task to a stream, whose content the caller sends. */
static void answer(FILE *to, enum loader_task task, int object, int *ret_program)
{
	struct note note = {};
	int r = confine(task);

	if (r == 0 && task == LOADER_LOAD)
		r = task_load(object, to, &note, ret_program);
	else if (r == 0)
		r = task_inspect(object, to, &note);
	if (r != 0)
		answer_write_failure(to, r, &note);
	note_done(&note);
}

int main(int argc, char **argv)
{
	int object = -1, program = -1;
	enum loader_task task;
	char *bytes = NULL;
	size_t size = 0;
	FILE *stream;

	if (argc != 2 || !find_task(argv[1], &task) || receive_object(&object) < 0 ||
	    object <= SOCKET_FD)
		return usage();
	libbpf_log_install();
	stream = open_memstream(&bytes, &size);
	if (!stream || close_others(object) < 0)
		return 1;
	answer(stream, task, object, &program);
	if (fclose(stream) != 0 || send_all(bytes, size, program) < 0)
		return 1;
	return 0;
}
