/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* events.h - numbers what happened, and tells the one who listens */
#ifndef RING_EVENTS_H
#define RING_EVENTS_H

#include <stdint.h>

#include "kern/ledger.h"
#include "ring/types.h"

struct events {
	void (*listener)(void *arg, const struct manager_event *event); /* or NULL */
	void *arg;
	struct iourd_journal *journal; /* has the last event's number; outlives us */
};

/* Microseconds since the epoch. */
uint64_t events_now(void);
/* @event's number and time are filled in here. */
void events_emit(struct events *events, struct manager_event event);

#endif
