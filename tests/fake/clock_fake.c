/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "fake/clock_fake.h"

static void clock_fake_cancel(struct clock_port *clock, struct timer *timer)
{
	struct clock_fake *fake = (struct clock_fake *)clock;
	struct timer **at;

	for (at = &fake->first; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	timer->next = NULL;
	timer->armed = false;
}

static void clock_fake_start(struct clock_port *clock, struct timer *timer, unsigned int ms)
{
	struct clock_fake *fake = (struct clock_fake *)clock;
	struct timer **at = &fake->first;

	clock_fake_cancel(clock, timer);
	timer->due = fake->now_ms + ms;
	while (*at && (*at)->due <= timer->due)
		at = &(*at)->next;
	timer->next = *at;
	timer->armed = true;
	*at = timer;
}

void clock_fake_init(struct clock_fake *fake)
{
	*fake = (struct clock_fake){
		.clock = {.start = clock_fake_start, .cancel = clock_fake_cancel},
	};
}

void clock_fake_done(struct clock_fake *fake)
{
	assert(!fake->first);
}

void clock_fake_advance(struct clock_fake *fake, unsigned int ms)
{
	uint64_t end = fake->now_ms + ms;

	while (fake->first && fake->first->due <= end) {
		struct timer *timer = fake->first;

		fake->now_ms = timer->due;
		clock_fake_cancel(&fake->clock, timer);
		timer->fire(timer);
	}
	fake->now_ms = end;
}
