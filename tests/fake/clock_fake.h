/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock_fake.h - a clock that the test advances */
#ifndef TESTS_FAKE_CLOCK_H
#define TESTS_FAKE_CLOCK_H

#include <stdint.h>

#include "util/clock.h"

struct clock_fake {
	struct clock_port clock;
	struct timer *first; /* the next to fire first */
	uint64_t now_ms;
};

void clock_fake_init(struct clock_fake *fake);
/* Asserts that no timer is armed. */
void clock_fake_done(struct clock_fake *fake);
/* Advances by @ms and fires due timers in order. */
void clock_fake_advance(struct clock_fake *fake, unsigned int ms);

#endif
