/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* events.h - numbers events and passes them to their listener */
#ifndef RING_EVENTS_H
#define RING_EVENTS_H

#include <stdint.h>

#include "kern/ledger.h"
#include "ring/types.h"

struct events {
	void (*listener)(void *arg, const struct manager_event *event); /* or NULL */
	void *arg;
	struct iourd_journal *journal; /* holds the last event's number; outlives the daemon */
};

/* Microseconds since the epoch. */
uint64_t events_now(void);
/* Fills in @event's number and time. */
void events_emit(struct events *events, struct manager_event event);

#endif
