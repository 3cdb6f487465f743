/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatcher-jobs.h - a ring's dispatcher, worked on off the event loop, one operation at a time
 *
 * Each operation is a job; its end is told to `done` with 0 or -errno, never from within the call
 * that began it. The owner stays alive until then.
 */
#ifndef RING_DISPATCHER_JOBS_H
#define RING_DISPATCHER_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/kern.h"
#include "util/job.h"

typedef void (*ring_dispatcher_done)(void *arg, int r);

/* Embedded in its ring. */
struct ring_dispatcher {
	struct kern *kern; /* borrowed, as are the next two */
	struct executor *executor;
	const char *name;		     /* of the ring */
	struct kern_dispatcher *kern_dispatch; /* owned; NULL before it is made, and in its removal */
	uint64_t steps;			     /* what it had counted when it was removed */
	uint64_t last_step;
	bool busy; /* an operation is under way */
	/* set aside for the job */
	struct job job;
	int (*work)(struct ring_dispatcher *jobs);
	struct kern_dispatcher *subject; /* made, changed or removed by it */
	const struct kern_program *program;
	int pidfd;
	int ring_fd;
	int result;
	ring_dispatcher_done done;
	void *arg;
};

void ring_dispatcher_init(struct ring_dispatcher *jobs, struct kern *kern,
			  struct executor *executor, const char *name);

void ring_dispatcher_make(struct ring_dispatcher *jobs, ring_dispatcher_done done, void *arg);
/* Puts @program in and attaches to the ring. @pidfd is borrowed until done. */
void ring_dispatcher_attach(struct ring_dispatcher *jobs, const struct kern_program *program,
			    int pidfd, int ring_fd, ring_dispatcher_done done, void *arg);
void ring_dispatcher_swap(struct ring_dispatcher *jobs, const struct kern_program *program,
			  ring_dispatcher_done done, void *arg);
/* That of an earlier daemon: @kern_dispatch is owned from now on. */
void ring_dispatcher_take(struct ring_dispatcher *jobs, struct kern_dispatcher *kern_dispatch);
/* Lets go of it, and leaves it to the next daemon. No operation is under way. */
void ring_dispatcher_release(struct ring_dispatcher *jobs);
/* Only when the host is gone. Never fails; fine for one that was never made. */
void ring_dispatcher_remove(struct ring_dispatcher *jobs, ring_dispatcher_done done, void *arg);

/* What follows is fast, and fine while nothing was made. */
void ring_dispatcher_pause(struct ring_dispatcher *jobs, bool pause);
bool ring_dispatcher_paused(const struct ring_dispatcher *jobs);
/* NULL while nothing was made. */
struct iourd_ledger *ring_dispatcher_ledger(const struct ring_dispatcher *jobs);
/* IOURD_STEP_* */
uint32_t ring_dispatcher_last(const struct ring_dispatcher *jobs);
void ring_dispatcher_counts(const struct ring_dispatcher *jobs, uint64_t *ret_steps,
			    uint64_t *ret_last_ns);

#endif
