/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copy-file.c - copies a file with the loop program "copy" of iouringd
 *
 *	cc copy-file.c -o copy-file $(pkg-config --cflags --libs iouctl)
 *	./copy-file SOURCE TARGET
 *
 * It calls the daemon twice, to create the ring and to start it. It reads progress from memory that
 * it shares with the program. Ctrl-C asks the program to stop through that memory as well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iouctl.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void show(const struct iouctl_progress *progress)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " MiB", progress->done >> 20,
		progress->total >> 20);
}

/* Returns 0, or a negative errno after printing an error. */
static int watch_copy(struct iouctl_ring *ring)
{
	struct iouctl_progress progress;
	int r;

	do {
		r = iouctl_ring_wait(ring, 200);
		if (r == -EINTR && interrupted)
			iouctl_ring_stop(ring);
		iouctl_ring_progress(ring, &progress);
		show(&progress);
	} while (r == -ETIMEDOUT || r == -EINTR);
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	if (r < 0) {
		fprintf(stderr, "copy-file: the ring is gone: %s\n", strerror(-r));
		return r;
	}
	if (progress.state == IOURD_WORK_DONE) {
		printf("copied %" PRIu64 " bytes\n", progress.done);
		return 0;
	}
	if (progress.state == IOURD_WORK_STOPPED) {
		fprintf(stderr, "copy-file: interrupted, the target is incomplete\n");
		return -EINTR;
	}
	if (progress.state == IOURD_WORK_FAILED)
		fprintf(stderr, "copy-file: %s, %s\n", strerror(progress.error),
			progress.error_slot == 0 ? "reading the source" : "writing the target");
	else
		fprintf(stderr, "copy-file: the ring has ended before the copy was done\n");
	return progress.error ? -progress.error : -EIO;
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
	struct iouctl_ring *ring = NULL;
	int r;

	r = iouctl_ring_create(c, &options, &ring);
	if (r == 0)
		r = iouctl_ring_start(ring);
	if (r < 0)
		fprintf(stderr, "copy-file: %s\n", iouctl_error_message(c));
	else
		r = watch_copy(ring);
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
		fprintf(stderr, "usage: copy-file SOURCE TARGET\n");
		return 2;
	}
	source = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (source < 0) {
		fprintf(stderr, "copy-file: %s: %s\n", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	target = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (target < 0) {
		fprintf(stderr, "copy-file: %s: %s\n", argv[2], strerror(errno));
		close(source);
		return EXIT_FAILURE;
	}
	sigaction(SIGINT, &action, NULL);
	r = iouctl_connect(NULL, &c);
	if (r < 0)
		fprintf(stderr, "copy-file: cannot reach iouringd: %s\n", strerror(-r));
	else
		r = copy(c, source, target);
	iouctl_free(c);
	if (close(target) < 0 && r >= 0) { /* some file systems report a failed write here */
		r = -errno;
		fprintf(stderr, "copy-file: %s: %s\n", argv[2], strerror(-r));
	}
	close(source);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
