/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * runner.h - the thread that runs the ring's loop
 *
 * It enables the ring, because who does so is the only one who may submit, and then sits in
 * io_uring_enter. The main thread gives it one order at a time and reads what came of it:
 *
 *   RUNNER_IDLE ── run ──► RUNNER_RUNNING ──► RUNNER_PAUSED | RUNNER_RETURNED ── run ──► …
 *                    └───► RUNNER_REFUSED (the ring could not be enabled)
 *
 * A pause sends a signal, which ends io_uring_enter with -EINTR. One that comes before the thread
 * is in the kernel is lost, and does no harm: the dispatcher's pause flag, set before, ends the
 * loop at its first step.
 */
#ifndef DAEMON_HOST_RUNNER_H
#define DAEMON_HOST_RUNNER_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum runner_state {
	RUNNER_IDLE,
	RUNNER_RUNNING,
	RUNNER_PAUSED,
	RUNNER_RETURNED,
	RUNNER_REFUSED,
};

struct runner {
	pthread_t thread;
	pid_t pid; /* of the process; the filter lets nobody ask */
	pid_t tid;
	int ring_fd;	/* borrowed */
	int notify_fd;	/* eventfd, written after each change of state; the main thread's to read */
	uint32_t order; /* futex word: written by the main thread, but for taking a RUN */
	uint32_t state; /* enum runner_state: written by the runner, but for going back to IDLE */
	int result;	/* valid in PAUSED, RETURNED and REFUSED */
	clockid_t cpu_clock;
};

/* Never ended but by the end of the process. 0 or -errno. */
int runner_init(struct runner *runner, int ring_fd, int notify_fd);
/* Not while it is running. */
void runner_run(struct runner *runner);
/* May be repeated. */
void runner_pause(struct runner *runner);
/* CPU time that it has used, in milliseconds. */
uint64_t runner_cpu_ms(const struct runner *runner);
/* Has it leave the loop, let others run, and enter it again: one step, as with any signal. */
void runner_yield(struct runner *runner);
enum runner_state runner_state(struct runner *runner);

#endif
