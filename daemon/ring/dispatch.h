/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatch.h - a ring's dispatcher, worked on off the event loop, one operation at a time
 *
 * Each operation is a job; its end is told to `done` with 0 or -errno, never from within the call
 * that began it. The owner stays alive until then.
 */
#ifndef RING_DISPATCH_H
#define RING_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/kern.h"
#include "util/job.h"

typedef void (*dispatch_done)(void *arg, int r);

/* Embedded in its ring. */
struct dispatch {
	struct kern *kern; /* borrowed, as are the next two */
	struct executor *executor;
	const char *name;		     /* of the ring */
	struct kern_dispatch *kern_dispatch; /* owned; NULL before it is made, and in its removal */
	uint64_t steps;			     /* what it had counted when it was removed */
	uint64_t last_step;
	bool busy; /* an operation is under way */
	/* set aside for the job */
	struct job job;
	int (*work)(struct dispatch *dispatch);
	struct kern_dispatch *subject; /* made, changed or removed by it */
	const struct kern_program *program;
	int pidfd;
	int ring_fd;
	int result;
	dispatch_done done;
	void *arg;
};

void dispatch_init(struct dispatch *dispatch, struct kern *kern, struct executor *executor,
		   const char *name);

void dispatch_make(struct dispatch *dispatch, dispatch_done done, void *arg);
/* Puts @program in and attaches to the ring. @pidfd is borrowed until done. */
void dispatch_attach(struct dispatch *dispatch, const struct kern_program *program, int pidfd,
		     int ring_fd, dispatch_done done, void *arg);
void dispatch_swap(struct dispatch *dispatch, const struct kern_program *program,
		   dispatch_done done, void *arg);
/* That of an earlier daemon: @kern_dispatch is owned from now on. */
void dispatch_take(struct dispatch *dispatch, struct kern_dispatch *kern_dispatch);
/* Lets go of it, and leaves it to the next daemon. No operation is under way. */
void dispatch_leave(struct dispatch *dispatch);
/* Only when the host is gone. Never fails; fine for one that was never made. */
void dispatch_remove(struct dispatch *dispatch, dispatch_done done, void *arg);

/* What follows is fast, and fine while nothing was made. */
void dispatch_pause(struct dispatch *dispatch, bool pause);
bool dispatch_paused(const struct dispatch *dispatch);
/* NULL while nothing was made. */
struct iourd_ledger *dispatch_ledger(const struct dispatch *dispatch);
/* IOURD_STEP_* */
uint32_t dispatch_last(const struct dispatch *dispatch);
void dispatch_counts(const struct dispatch *dispatch, uint64_t *ret_steps, uint64_t *ret_last_ns);

#endif
