/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatcher-jobs.h - jobs on a ring's dispatcher, off the event loop, one at a time
 *
 * A job calls `done` with 0 or -errno when it ends, never from within the call that began it. The
 * owner stays alive until then.
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
	const char *name;		       /* of the ring */
	struct kern_dispatcher *kern_dispatch; /* owned; or NULL */
	uint64_t steps;			       /* its last counts, once it is removed */
	uint64_t last_step;
	bool busy; /* a job is under way */
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

/* @uid: the ring's user. */
void ring_dispatcher_init(struct ring_dispatcher *jobs, struct kern *kern,
			  struct executor *executor, const char *name, uid_t uid);

void ring_dispatcher_make(struct ring_dispatcher *jobs, ring_dispatcher_done done, void *arg);
/* Puts @program in and attaches to the ring. @pidfd is borrowed until done. */
/* The entries of the ring that is attached then. */
void ring_dispatcher_expect(struct ring_dispatcher *jobs, uint32_t sq, uint32_t cq);
void ring_dispatcher_attach(struct ring_dispatcher *jobs, const struct kern_program *program,
			    int pidfd, int ring_fd, ring_dispatcher_done done, void *arg);
void ring_dispatcher_swap(struct ring_dispatcher *jobs, const struct kern_program *program,
			  ring_dispatcher_done done, void *arg);
/* Takes over the dispatcher of an earlier daemon. */
void ring_dispatcher_take(struct ring_dispatcher *jobs, struct kern_dispatcher *kern_dispatch);
/* Leaves it to the next daemon. No job is under way. */
void ring_dispatcher_release(struct ring_dispatcher *jobs);
/* Detaches and unpins it, after the host is gone. Never fails; without a dispatcher, too. */
void ring_dispatcher_remove(struct ring_dispatcher *jobs, ring_dispatcher_done done, void *arg);

/* The functions below are fast, and do nothing, or return zero, while no dispatcher exists. */
void ring_dispatcher_pause(struct ring_dispatcher *jobs, bool pause);
bool ring_dispatcher_paused(const struct ring_dispatcher *jobs);
/* NULL while no dispatcher exists. */
struct iourd_ledger *ring_dispatcher_ledger(const struct ring_dispatcher *jobs);
/* IOURD_STEP_* */
uint32_t ring_dispatcher_last(const struct ring_dispatcher *jobs);
void ring_dispatcher_counts(const struct ring_dispatcher *jobs, uint64_t *ret_steps,
			    uint64_t *ret_last_ns);

#endif
