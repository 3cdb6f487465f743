/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt-file.c - copies a file with the loop program "copy" of iouringd, on a ring that it runs
 *
 *	cc adopt-file.c -o adopt-file $(pkg-config --cflags --libs iouctl)
 *	./adopt-file SOURCE TARGET
 *
 * Unlike copy-file.c it needs no other process: the thread that calls iouctl_ring_run() stays in
 * the kernel, where the program runs, until the copy is done. Ctrl-C asks the program to stop.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <iouctl.h>

static void on_interrupt(int number)
{
	(void)number; /* iouctl_ring_run() returns -EINTR */
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int copy(struct iouctl *c, int source, int target)
{
	const struct iouctl_file files[] = {{"source", source}, {"target", target}};
	const struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "copy",
		.files = files,
		.n_files = 2,
		.parameters = "{\"depth\":16,\"block_size\":65536}",
	};
	struct iouctl_progress progress;
	struct iouctl_ring *ring = NULL;
	double start = now();
	int r;

	r = iouctl_ring_adopt(c, &options, &ring);
	if (r < 0) {
		fprintf(stderr, "adopt-file: %s\n", iouctl_error_message(c));
		return r;
	}
	while ((r = iouctl_ring_run(ring)) == -EINTR)
		iouctl_ring_stop(ring); /* the program finishes the requests in flight */
	iouctl_ring_progress(ring, &progress);
	if (r < 0)
		fprintf(stderr, "adopt-file: %s\n", strerror(-r));
	else if (progress.state == IOURD_WORK_DONE)
		printf("copied %" PRIu64 " bytes, %.0f MB/s\n", progress.done,
		       (double)progress.done / 1e6 / (now() - start));
	else
		fprintf(stderr, "adopt-file: interrupted, the target is incomplete\n");
	if (r == 0 && progress.state != IOURD_WORK_DONE)
		r = -EINTR;
	iouctl_ring_free(ring);
	return r;
}

int main(int argc, char *argv[])
{
	const struct sigaction action = {.sa_handler = on_interrupt};
	struct iouctl *c = NULL;
	int source, target;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: adopt-file SOURCE TARGET\n");
		return 2;
	}
	source = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (source < 0) {
		fprintf(stderr, "adopt-file: %s: %s\n", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	target = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (target < 0) {
		fprintf(stderr, "adopt-file: %s: %s\n", argv[2], strerror(errno));
		close(source);
		return EXIT_FAILURE;
	}
	sigaction(SIGINT, &action, NULL);
	r = iouctl_connect(NULL, &c);
	if (r < 0)
		fprintf(stderr, "adopt-file: cannot reach iouringd: %s\n", strerror(-r));
	else
		r = copy(c, source, target);
	iouctl_free(c);
	if (close(target) < 0 && r >= 0) { /* some file systems report a failed write here */
		r = -errno;
		fprintf(stderr, "adopt-file: %s: %s\n", argv[2], strerror(-r));
	}
	close(source);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
