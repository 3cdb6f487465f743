/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * waiting.h - what the requests of a ring wait for that has taken no step for a while
 *
 * Requests are submitted in steps, so each one in flight is as old as the last step at least, and a
 * step follows each completion. Where the requests wait the kernel shows (host/waits.c).
 */
#ifndef RING_WAITING_H
#define RING_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"

struct ring;
struct ring_waiting;

#define WAITING_TEXT_MAX 320

/* Embedded in its ring. What was seen last, as looking again and again would cost. */
struct ring_look {
	bool looked;
	int64_t at_ms; /* CLOCK_MONOTONIC */
	uint64_t step_ns;
	struct host_waits seen;
	char text[WAITING_TEXT_MAX];
};

/* Looks, at most once a second. *ret borrows from @ring until the next look; false: no wait. */
bool waiting_look(struct ring *ring, struct ring_waiting *ret);

#endif
