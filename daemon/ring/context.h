/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* context.h - what all rings share, and what they report to whoever owns them */
#ifndef RING_CONTEXT_H
#define RING_CONTEXT_H

#include <stdbool.h>

#include "host/host.h"
#include "kern/kern.h"
#include "policy/policy.h"
#include "ring/events.h"
#include "ring/quota.h"
#include "ring/remains.h"
#include "ring/types.h"
#include "util/clock.h"
#include "util/job.h"

struct ring;

/* Owned by the manager; outlives its rings. */
struct ring_context {
	struct kern *kern; /* borrowed, as are the next three */
	struct hosts *hosts;
	struct executor *executor;
	struct clock_port *clock;
	const struct host_callbacks *host_callbacks; /* of ring/reports.h */
	struct policies *policies;		     /* borrowed */
	unsigned int probation_ms;		     /* of a program: ring/probation.h */
	struct events events;
	struct quota quota;
	struct remains remains;
	bool stopping; /* rings are left to the next daemon */
	/* @ring is freed next: forget it. */
	void (*remove)(void *arg, struct ring *ring);
	/* After that: it is freed, and all its requests have replies. NULL: it was never announced,
	 * or it is left to the next daemon. */
	void (*gone)(void *arg, const struct ring_end *end);
	/* It does not end, and gave its name back; @end is as it was under that name. */
	void (*renamed)(void *arg, const struct ring_end *end);
	/* The host of a restored ring has reported its state, or is gone. */
	void (*host_reported)(void *arg);
	void *arg;
};

#endif
