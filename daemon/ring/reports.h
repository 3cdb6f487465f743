/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reports.h - the callbacks by which hosts and timers reach a ring */
#ifndef RING_REPORTS_H
#define RING_REPORTS_H

#include "host/host.h"
#include "ring/ring.h"

/* Of each ring's host, with the ring as argument. */
extern const struct host_callbacks ring_host_callbacks;

/* Prepares the timers of a new ring, before any event. */
void ring_init_timers(struct ring *ring);
#endif
