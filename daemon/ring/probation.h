/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probation.h - a ring's program proves itself, or goes
 *
 * From each start and swap on a program is on probation for a while. It breaks it by returning what
 * is neither continue nor stop, by leaving the array empty, by reporting FAILED, or by standing
 * still: no step from one look to the next although completions, or a doorbell, wait, three times
 * in a row (whoever is short of processors is slow, and not bad; of a doorbell that was rung
 * between the same two looks as a step came, the step is taken to be the answer). Then the last
 * program that has passed (`good`) is put back by the same update of the array, and the ring goes
 * on; with none the ring is paused, with its reason.
 *
 * Later a program that fails pauses its ring; or it rolls back, if the ring was made so. Nothing
 * flaps: a rollback uses `good` up, and after n of them in a row the next comes no sooner than
 * 1 s x 2^n later, 60 s at most.
 */
#ifndef RING_PROBATION_H
#define RING_PROBATION_H

#include <stdbool.h>
#include <stdint.h>

#include "util/clock.h"

struct program;
struct ring;

/* Embedded in its ring. */
struct probation {
	struct program *good; /* held; what the ring ran before, and ran well; or NULL */
	bool passed;	      /* its present program has */
	bool on;	      /* ... has not yet, and is looked at */
	struct timer timer;   /* to the next look */
	unsigned int looks;   /* left */
	/* as of the last look */
	uint64_t steps;
	uint32_t doorbell;
	bool nudged;		 /* it was made to take one step since */
	unsigned int suspicions; /* looks in a row at which something waited, and no step came */
	/* rollbacks in a row; the timer is armed until the next may come, then until they are
	 * forgotten */
	unsigned int rollbacks;
	bool calming;
	struct timer calm;
};

void probation_init(struct ring *ring);
/* Lets go of what it holds. */
void probation_done(struct ring *ring);

/* Its present program is on probation from now on. */
void probation_begin(struct ring *ring);
/* The end of it: the work is over, or the ring. */
void probation_end(struct ring *ring);
/* It has another program now, by a swap. @old: the one that it had, still held. */
void probation_swapped(struct ring *ring, struct program *old);
bool probation_is_on(const struct ring *ring);
/* Its program has failed, for the ring's reason. @left: the loop was left. */
void probation_broke(struct ring *ring, bool left);
/* It was rolled back, by itself: the next time has to wait. */
void probation_rolled_back(struct ring *ring);

#endif
