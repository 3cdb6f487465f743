/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clock.h - one-shot timers, for those who do not see the event loop
 *
 * A timer is embedded in its owner, which cancels it before it goes. fire() runs on the event
 * loop; the timer is idle again by then and may be started anew from within. The real clock
 * (daemon/net/) is libev's; unit tests use one whose time passes when the test says so.
 */
#ifndef DAEMON_UTIL_CLOCK_H
#define DAEMON_UTIL_CLOCK_H

#include <stdint.h>

#define TIMER_WATCHER_SIZE 96 /* bytes: room for the implementation's own watcher */

/* Zero-initialise; the owner sets fire, all else is the clock's. */
struct timer {
	void (*fire)(struct timer *timer);
	struct timer *next;
	uint64_t due;
	_Bool armed;
	_Alignas(16) unsigned char watcher[TIMER_WATCHER_SIZE];
};

struct clock_port {
	/* In @ms milliseconds, once; one that is armed is moved. Never calls back from within. */
	void (*start)(struct clock_port *clock, struct timer *timer, unsigned int ms);
	/* An idle timer is fine. */
	void (*cancel)(struct clock_port *clock, struct timer *timer);
};

#endif
