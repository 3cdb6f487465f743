/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* events.h - numbers events and passes them to their listener */
#ifndef RING_EVENTS_H
#define RING_EVENTS_H

#include <stdint.h>
#include <sys/types.h>

#include "kern/ledger.h"
#include "ring/types.h"

struct events {
	void (*listener)(void *arg, const struct manager_event *event); /* or NULL */
	void *arg;
	struct iourd_journal *journal; /* holds the last event's number; outlives the daemon */
};

/* Microseconds since the epoch. */
uint64_t events_now(void);
/* Fills in @event's numbers and time. */
void events_emit(struct events *events, struct manager_event event);
/*
 * The number of the user's last event, among their own. It increases by one with each, and tells
 * nothing of others. The journal has room for IOURD_JOURNAL_USERS: the one whose last event is the
 * oldest makes room for another, and is counted anew, from the next multiple of 2^32 that nobody
 * has been counted from.
 */
uint64_t events_last_of(const struct events *events, uid_t uid);

#endif
