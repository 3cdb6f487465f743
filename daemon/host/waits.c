/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * waits.c - what the requests of a host's ring wait for
 *
 * The kernel shows three things. The ring's fdinfo lists requests that wait until their file is
 * ready. A worker thread that holds a request sleeps in a function of its own. And while the ring's
 * lock is held, fdinfo shows less: if the loop's thread sleeps then, it sleeps while it submits.
 * Which requests it submits is in the submission queue, which loop programs leave as it is
 * until the kernel returns. All of this is for people to read, and decides nothing.
 *
 * Nothing here waits for the host: fdinfo only tries to take the ring's lock, and the memory that
 * is read is the ring's own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/fdinfo.h"
#include "host/hosts-linux.h"
#include "host/proc.h"

#define THREADS_MAX 16 /* looked at: a ring can have as many workers as requests */
#define FDINFO_MAX  (64u << 10)
#define SQES_MAX    IOURD_ENTRIES_MAX

/* Missing from the kernel headers of the oldest supported build machine. */
#define OP_WAITID      50
#define OP_FUTEX_WAIT  51
#define OP_FUTEX_WAKE  52
#define OP_FUTEX_WAITV 53

/* Of a thread, without the line's end; "" if it cannot be read. */
static void read_word(pid_t pid, pid_t tid, const char *name, size_t size, char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/%s", (int)tid, name);
	if (proc_read(pid, path, size, text) < 0)
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static void read_function(pid_t pid, pid_t tid, size_t size, char *text)
{
	read_word(pid, tid, "wchan", size, text);
	if (strcmp(text, "0") == 0) /* it does not sleep */
		text[0] = '\0';
}

/* ---- threads ---- */

static void look_at_worker(pid_t pid, pid_t tid, struct host_waits *waits)
{
	char function[sizeof(waits->function)];

	read_function(pid, tid, sizeof(function), function);
	if (!function[0] || strncmp(function, "io_wq", 5) == 0) /* it has no request */
		return;
	if (waits->requests++ == 0)
		strcpy(waits->function, function);
}

/* Fills @workers, and returns the thread of the loop, or 0. */
static pid_t look_at_threads(pid_t pid, struct host_waits *workers)
{
	pid_t loop = 0;
	struct dirent *entry;
	int fd, n = 0;
	DIR *tasks;

	if (proc_open(pid, "task", O_RDONLY | O_DIRECTORY, &fd) < 0)
		return 0;
	tasks = fdopendir(fd);
	if (!tasks) {
		close(fd);
		return 0;
	}
	while ((entry = readdir(tasks)) && n < THREADS_MAX) {
		char name[32];
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || tid == pid)
			continue;
		n++;
		read_word(pid, tid, "comm", sizeof(name), name);
		if (strncmp(name, "iou-wrk", 7) == 0)
			look_at_worker(pid, tid, workers);
		else
			loop = tid;
	}
	closedir(tasks);
	return loop;
}

static bool sleeps(pid_t pid, pid_t tid)
{
	char state = proc_state(pid, tid);

	return state == 'S' || state == 'D';
}

/* ---- fdinfo ---- */

/* The leader of a process that ends has no descriptors any more, but the loop's thread has. */
static char *read_fdinfo(pid_t pid, pid_t tid, int ring_fd)
{
	_cleanup_free_ char *text = malloc(FDINFO_MAX);
	_cleanup_close_ int fd = -1;
	size_t size = 0;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "task/%d/fdinfo/%d", (int)tid, ring_fd);
	if (!text || proc_open(pid, path, O_RDONLY, &fd) < 0)
		return NULL;
	do {
		n = read(fd, text + size, FDINFO_MAX - 1 - size);
		size += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	if (n < 0 || size == FDINFO_MAX - 1)
		return NULL;
	text[size] = '\0';
	return take_ptr(text);
}

/* ---- the submission queue ---- */

static bool has_file(const struct io_uring_sqe *sqe)
{
	switch (sqe->opcode) {
	case IORING_OP_NOP:
	case IORING_OP_TIMEOUT:
	case IORING_OP_TIMEOUT_REMOVE:
	case IORING_OP_LINK_TIMEOUT:
	case IORING_OP_POLL_REMOVE:
	case IORING_OP_ASYNC_CANCEL:
	case OP_WAITID:
	case OP_FUTEX_WAIT:
	case OP_FUTEX_WAKE:
	case OP_FUTEX_WAITV:
		return false;
	default:
		return sqe->flags & IOSQE_FIXED_FILE;
	}
}

static int read_memory(pid_t tid, unsigned long long address, size_t size, void *ret)
{
	const struct iovec from = {.iov_base = (void *)address, .iov_len = size};
	const struct iovec to = {.iov_base = ret, .iov_len = size};
	ssize_t n = process_vm_readv(tid, &to, 1, &from, 1, 0);

	return n < 0 ? -errno : n == (ssize_t)size ? 0 : -EFAULT;
}

/* iourd/loop.bpf.h counts the entries that are prepared in the queue's tail. */
static void read_submission(pid_t tid, struct host_waits *waits)
{
	struct host_waits entries = {.opcode = -1, .slot = -1};
	_cleanup_free_ struct io_uring_sqe *sqes = NULL;
	struct control_queues queues;
	uint32_t ends[2]; /* head and tail */

	if (read_memory(tid, CONTROL_QUEUES_ADDRESS, sizeof(queues), &queues) < 0 ||
	    read_memory(tid, queues.rings, sizeof(ends), ends) < 0 || ends[1] == 0 ||
	    ends[1] > SQES_MAX)
		return;
	sqes = calloc(ends[1], sizeof(*sqes));
	if (!sqes || read_memory(tid, queues.sqes, ends[1] * sizeof(*sqes), sqes) < 0)
		return;
	for (uint32_t i = 0; i < ends[1]; i++)
		if (has_file(&sqes[i]))
			waits_add(&entries, sqes[i].opcode, sqes[i].fd);
	waits->opcode = entries.opcode;
	waits->slot = entries.slot;
}

int host_waits(const struct host *host, int ring_fd, struct host_waits *ret)
{
	const struct host_waits none = {.opcode = -1, .slot = -1};
	struct host_waits workers = none, polls = none, submission = none;
	_cleanup_free_ char *fdinfo = NULL;
	pid_t loop;

	if (host->adopted)
		return -EOPNOTSUPP;
	if (host->exited || host->pidfd < 0)
		return -ESRCH;
	loop = look_at_threads(host->pid, &workers);
	if (loop && ring_fd >= 0)
		fdinfo = read_fdinfo(host->pid, loop, ring_fd);
	if (fdinfo && !fdinfo_lock_is_held(fdinfo)) {
		fdinfo_read_poll_list(fdinfo, &polls);
	} else if (fdinfo && sleeps(host->pid, loop)) {
		submission.requests = 1;
		read_function(host->pid, loop, sizeof(submission.function), submission.function);
		read_submission(loop, &submission);
	}
	if (proc_exited(host->pidfd))
		return -ESRCH;
	submission.place = HOST_WAIT_SUBMISSION;
	workers.place = HOST_WAIT_WORKER;
	polls.place = HOST_WAIT_READINESS;
	*ret = submission.requests ? submission
	       : workers.requests  ? workers
	       : polls.requests	   ? polls
				   : none;
	return 0;
}
