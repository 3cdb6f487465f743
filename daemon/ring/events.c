/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "ring/events.h"

uint64_t events_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void events_emit(struct events *events, struct manager_event event)
{
	event.number = __atomic_add_fetch(&events->journal->event_number, 1, __ATOMIC_RELEASE);
	event.time_us = events_now();
	if (events->listener)
		events->listener(events->arg, &event);
}
