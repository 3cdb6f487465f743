/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clock.h - one-shot timers for rooms without the event loop
 *
 * A timer is embedded in its owner, which cancels it before it is freed. fire() runs on the event
 * loop; the timer is idle by then and may be started again from within. The real clock is libev's
 * (daemon/net/timers.c); in unit tests, the test advances the time.
 */
#ifndef DAEMON_UTIL_CLOCK_H
#define DAEMON_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

#define TIMER_WATCHER_SIZE 96 /* bytes: room for the implementation's own watcher */

/* Zero-initialise; the owner sets fire, the clock all else. */
struct timer {
	void (*fire)(struct timer *timer);
	struct timer *next;
	uint64_t due;
	_Bool armed;
	_Alignas(16) unsigned char watcher[TIMER_WATCHER_SIZE];
};

/* Milliseconds of CLOCK_MONOTONIC, for threads that wait without the event loop. */
static inline int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct clock_port {
	/* Fires once in @ms milliseconds; restarts an armed timer. Never calls back from within. */
	void (*start)(struct clock_port *clock, struct timer *timer, unsigned int ms);
	/* An idle timer is fine. */
	void (*cancel)(struct clock_port *clock, struct timer *timer);
};

#endif
