/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loop-thread.h - the thread that runs the ring's loop
 *
 * It enables the ring, because only the task that enables it may submit, and then stays in
 * io_uring_enter. The main thread gives it one command at a time and reads the resulting state:
 *
 *   LOOP_IDLE ── run ──► LOOP_RUNNING ──► LOOP_PAUSED | LOOP_RETURNED ── run ──► …
 *                  └───► LOOP_REFUSED (the ring could not be enabled)
 *
 * A pause sends a signal, which ends io_uring_enter with -EINTR. A signal that arrives before the
 * thread is in the kernel is lost. That does no harm: the dispatcher's pause flag, set before, ends
 * the loop at its first step.
 */
#ifndef DAEMON_HOST_LOOP_THREAD_H
#define DAEMON_HOST_LOOP_THREAD_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

enum loop_state {
	LOOP_IDLE,
	LOOP_RUNNING,
	LOOP_PAUSED,
	LOOP_RETURNED,
	LOOP_REFUSED,
};

struct loop_thread {
	pthread_t thread;
	pid_t pid;	  /* of the process; the filter forbids getpid() */
	pid_t tid;	  /* futex word until the thread has started */
	int ring_fd;	  /* borrowed */
	int notify_fd;	  /* borrowed eventfd, written after each change of state */
	uint32_t command; /* futex word, written by the main thread; the loop thread takes RUN */
	uint32_t state;	  /* enum loop_state, written by the loop thread; loop_run() resets it */
	int result; /* of io_uring_enter or the enabling; valid in PAUSED, RETURNED, REFUSED */
};

/* Starts the thread, which ends with the process only. 0 or -errno. */
int loop_thread_init(struct loop_thread *loop, int ring_fd, int notify_fd);
/* Makes it enter the ring. It must not be running. */
void loop_run(struct loop_thread *loop);
/* Makes it leave the ring. May be repeated. */
void loop_pause(struct loop_thread *loop);
enum loop_state loop_state(struct loop_thread *loop);

#endif
