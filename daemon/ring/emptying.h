/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * emptying.h - a job that gives the memory of a ring's data area back to the system
 *
 * The job calls `done` with 0 or -errno when it ends, never from within the call that began it. The
 * owner and the region stay alive until then.
 */
#ifndef RING_EMPTYING_H
#define RING_EMPTYING_H

#include "ring/region.h"
#include "util/job.h"

/* Embedded in its ring. */
struct emptying {
	const struct region *region; /* borrowed; NULL: no job is under way */
	struct job job;
	int result;
	void (*done)(void *arg, int r);
	void *arg;
};

/* @uid: whose ring it is. */
void emptying_begin(struct emptying *emptying, struct executor *executor, uid_t uid,
		    const struct region *region, void (*done)(void *arg, int r), void *arg);

#endif
