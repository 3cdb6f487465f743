/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unkind.c - a client whose files and programs are not what anybody expects
 *
 * usage: unkind files | resize | times PROGRAM PARAMETERS
 *
 * files:  passes each kind of descriptor in each slot of copy and chase; rings that are made run
 * resize: resizes source and target, and tries to resize the region, while they are copied
 * times:  pauses and destroys rings of PROGRAM once they run; prints the median and the longest
 *         time, in microseconds
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "iouctl.h"
#include "odd-files.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROUNDS	     15
#define PATIENCE_MS  300000
#define RUN_MS	     50 /* of a ring with odd files */

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "unkind: %s: %s\n", what, why);
	exit(1);
}

static struct iouctl *connect_to_daemon(void)
{
	struct iouctl *c;

	if (iouctl_connect(NULL, &c) < 0)
		die("connect", strerror(errno));
	iouctl_set_timeout(c, PATIENCE_MS);
	return c;
}

/* Anything but a refusal by name is a failure: a lost connection, no answer. */
static bool refused(const struct iouctl *c, int r)
{
	if (r < 0 && !iouctl_error_name(c))
		die("a call", iouctl_error_message(c));
	return r < 0;
}

/* ---- files ---- */

static const struct {
	const char *program;
	const char *slots[2];
} slots[] = {{"copy", {"source", "target"}}, {"chase", {"file", NULL}}};

/* The ring, if it is made, runs, and need not come to an end. */
static const char *try_files(struct iouctl *c, const char *program, const struct iouctl_file *files,
			     size_t n)
{
	const struct iouctl_ring_options options = {
		.size = sizeof(options), .program = program, .files = files, .n_files = n};
	struct iouctl_ring *ring;
	uint32_t ticket;
	int r;

	r = iouctl_ring_create(c, &options, &ring);
	if (r == -EINVAL && !iouctl_error_name(c))
		return "unsent"; /* the kernel passes no rings */
	if (refused(c, r))
		return "refused";
	if (!refused(c, iouctl_ring_start(ring))) {
		if (strcmp(program, "chase") == 0)
			iouctl_chase_post(ring, 0, 100, &ticket);
		iouctl_ring_wait(ring, RUN_MS);
	}
	refused(c, iouctl_ring_destroy(ring));
	iouctl_ring_free(ring);
	return "ran";
}

static void try_slots(struct iouctl *c, const char *kind, int fd)
{
	printf("# %-26s", kind);
	for (size_t i = 0; i < COUNT(slots); i++) {
		size_t n = slots[i].slots[1] ? 2 : 1;

		for (size_t odd = 0; odd < n; odd++) {
			struct iouctl_file files[2];

			for (size_t j = 0; j < n; j++)
				files[j] = (struct iouctl_file){
					slots[i].slots[j],
					j == odd ? fd : memfd_create("other", MFD_CLOEXEC)};
			printf(" %s.%s %s", slots[i].program, slots[i].slots[odd],
			       try_files(c, slots[i].program, files, n));
			for (size_t j = 0; j < n; j++)
				if (j != odd)
					close(files[j].fd);
		}
	}
	printf("\n");
}

static int odd_files(void)
{
	struct iouctl *c = connect_to_daemon();
	int fd;

#define TRY(kind, open_it)                                                                         \
	fd = (open_it);                                                                            \
	if (fd >= 0) {                                                                             \
		try_slots(c, kind, fd);                                                            \
		close(fd);                                                                         \
	} else {                                                                                   \
		printf("# %-26s none: %s\n", kind, strerror(errno));                               \
	}
	ODD_FILES(TRY)
#undef TRY
	iouctl_free(c);
	return 0;
}

/* ---- resize ---- */

struct resizing {
	int fds[2];
	bool stop;
};

static void *resize_them(void *arg)
{
	static const off_t sizes[] = {0, 1, 4095, 4097, 1 << 20, 3 << 20, (1 << 20) + 1};
	struct resizing *resizing = arg;
	unsigned int seed = 1;

	while (!__atomic_load_n(&resizing->stop, __ATOMIC_ACQUIRE))
		for (int i = 0; i < 2; i++)
			if (ftruncate(resizing->fds[i],
				      sizes[(unsigned int)rand_r(&seed) % COUNT(sizes)]) < 0)
				die("ftruncate", strerror(errno));
	return NULL;
}

/* The region's seals hold, whoever has it. */
static void try_region(struct iouctl *c, struct iouctl_ring *ring)
{
	char parameters[96], *reply;
	size_t n = 0;
	int *fds;

	snprintf(parameters, sizeof(parameters), "{\"ring\":\"%s\"}", iouctl_ring_name(ring));
	if (refused(c, iouctl_call(c, "OpenRing", parameters, NULL, 0, &reply, &fds, &n)))
		die("OpenRing", iouctl_error_message(c));
	if (n == 0 || ftruncate(fds[0], 0) == 0 || errno != EPERM ||
	    ftruncate(fds[0], 1 << 30) == 0)
		die("the region", "it can be resized");
	close(fds[0]);
	free(fds);
	free(reply);
}

static int resize(void)
{
	struct resizing resizing = {
		.fds = {memfd_create("source", MFD_CLOEXEC), memfd_create("target", MFD_CLOEXEC)}};
	const struct iouctl_file files[] = {{"source", resizing.fds[0]},
					    {"target", resizing.fds[1]}};
	const struct iouctl_ring_options options = {
		.size = sizeof(options), .program = "copy", .files = files, .n_files = 2};
	struct iouctl *c = connect_to_daemon();
	unsigned int done = 0, failed = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, resize_them, &resizing) != 0)
		die("pthread_create", "failed");
	for (int i = 0; i < ROUNDS; i++) {
		struct iouctl_progress progress;
		struct iouctl_ring *ring;

		if (refused(c, iouctl_ring_create(c, &options, &ring)) ||
		    refused(c, iouctl_ring_start(ring)))
			die("a ring", iouctl_error_message(c));
		try_region(c, ring);
		if (iouctl_ring_wait(ring, PATIENCE_MS) < 0)
			die("a copy", "it does not end");
		iouctl_ring_progress(ring, &progress);
		done += progress.state == IOURD_WORK_DONE;
		failed += progress.state == IOURD_WORK_FAILED;
		refused(c, iouctl_ring_destroy(ring));
		iouctl_ring_free(ring);
	}
	__atomic_store_n(&resizing.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	printf("# %u copies were done, %u failed\n", done, failed);
	iouctl_free(c);
	return done + failed == ROUNDS ? 0 : 1;
}

/* ---- times ---- */

static uint64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *what, uint64_t times[ROUNDS])
{
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	printf("%s %llu %llu\n", what, (unsigned long long)times[ROUNDS / 2],
	       (unsigned long long)times[ROUNDS - 1]);
}

/* Until it has taken its last step: it broke, or it goes on. */
static void wait_for_steps(const struct iouctl_ring *ring)
{
	const struct timespec tick = {.tv_nsec = 2000000};

	for (int i = 0; i < PATIENCE_MS / 2; i++) {
		struct iouctl_progress progress;

		iouctl_ring_progress(ring, &progress);
		if (progress.done >= 1000)
			return;
		nanosleep(&tick, NULL);
	}
	die("a ring", "it takes no steps");
}

static int times(const char *program, const char *parameters)
{
	const struct iouctl_ring_options options = {
		.size = sizeof(options), .program = program, .parameters = parameters};
	struct iouctl *c = connect_to_daemon();
	uint64_t pauses[ROUNDS], destroys[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct iouctl_ring *ring;

		if (refused(c, iouctl_ring_create(c, &options, &ring)) ||
		    refused(c, iouctl_ring_start(ring)))
			die("a ring", iouctl_error_message(c));
		wait_for_steps(ring);
		pauses[i] = microseconds();
		refused(c, iouctl_ring_pause(ring)); /* it may have paused itself */
		pauses[i] = microseconds() - pauses[i];
		if (i % 2)
			refused(c, iouctl_ring_resume(ring));
		destroys[i] = microseconds();
		if (refused(c, iouctl_ring_destroy(ring)))
			die("destroy", iouctl_error_message(c));
		destroys[i] = microseconds() - destroys[i];
		iouctl_ring_free(ring);
	}
	report("pause", pauses);
	report("destroy", destroys);
	iouctl_free(c);
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "files") == 0)
		return odd_files();
	if (argc == 2 && strcmp(argv[1], "resize") == 0)
		return resize();
	if (argc == 4 && strcmp(argv[1], "times") == 0)
		return times(argv[2], argv[3]);
	fprintf(stderr, "usage: unkind files | resize | times PROGRAM PARAMETERS\n");
	return 2;
}
