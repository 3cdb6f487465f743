/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probation.h - whether a ring's program proves itself after a start or swap
 *
 * A program is on probation from each start and swap on, for policy's probation_ms, in which it is
 * checked CHECKS times. It fails if it returns a value that is neither continue nor stop, leaves
 * the array empty or reports FAILED (the host reports such a return at once), or if it stalls:
 * three checks in a row find no step since the last check although completions or a doorbell wait.
 * A program that is short of processors is slow, not stalled. Time in which its process is
 * suspended does not count. Of a doorbell that rang between the same two checks as a step came, the
 * step counts as the answer.
 *
 * A program that has passed becomes the fallback when a swap replaces it. A rollback uses the
 * fallback up, so two programs never alternate; after n rollbacks in a row the next one comes no
 * sooner than 1 s x 2^n later, 60 s at most.
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
	struct program *fallback; /* held; it ran before, and passed; or NULL */
	bool passed;		  /* the present program has */
	bool on;		  /* the present program is being checked */
	struct timer timer;	  /* until the next check */
	unsigned int checks_left;
	/* as of the last check */
	uint64_t steps;
	uint32_t doorbell;
	bool kicked;		     /* the loop was made to take one step since */
	unsigned int stalled_checks; /* in a row */
	/* rollbacks in a row; the timer ends the back-off, then it forgets them */
	unsigned int rollbacks;
	bool in_backoff;
	struct timer backoff;
};

enum probation_verdict {
	PROBATION_GOES_ON,
	PROBATION_PASSED,
	PROBATION_STALLED,
};

/* @check: called when probation_check() is due. */
void probation_init(struct ring *ring, void (*check)(struct timer *timer));
void probation_done(struct ring *ring);

/* The present program is on probation from now on. */
void probation_begin(struct ring *ring);
void probation_end(struct ring *ring);
/* The verdict of the timer's check; starts the timer again if it goes on. */
enum probation_verdict probation_check(struct ring *ring);
/* The ring has another program, after a swap. @old: the previous one, still held. */
void probation_swapped(struct ring *ring, struct program *old);
/* The fallback is the ring's program. @unasked: the next rollback has to wait. */
void probation_rolled_back(struct ring *ring, bool unasked);

#endif
