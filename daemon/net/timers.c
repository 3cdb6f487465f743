/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/timers.h"

#include <ev.h>

#include "net/loop.h"
#include "common/list.h"

_Static_assert(sizeof(struct ev_timer) <= TIMER_WATCHER_SIZE,
	       "a timer has room for libev's watcher");

static struct ev_timer *timer_watcher(struct timer *timer)
{
	return (struct ev_timer *)(void *)timer->watcher;
}

static void on_timer(struct ev_loop *ev, struct ev_timer *watcher, int events)
{
	struct timer *timer = watcher->data;

	timer->armed = false;
	timer->fire(timer);
}

static void timer_cancel(struct clock_port *port, struct timer *timer)
{
	struct loop_clock *clock = container_of(port, struct loop_clock, port);

	if (!timer->armed)
		return;
	ev_timer_stop(loop_ev(clock->loop), timer_watcher(timer));
	timer->armed = false;
}

static void timer_start(struct clock_port *port, struct timer *timer, unsigned int ms)
{
	struct loop_clock *clock = container_of(port, struct loop_clock, port);
	struct ev_timer *watcher = timer_watcher(timer);

	timer_cancel(port, timer);
	/* the loop's cached time is from before the current callbacks */
	ev_now_update(loop_ev(clock->loop));
	ev_timer_init(watcher, on_timer, ms / 1e3, 0.);
	watcher->data = timer;
	ev_timer_start(loop_ev(clock->loop), watcher);
	timer->armed = true;
}

void loop_clock_init(struct loop_clock *clock, struct loop *loop)
{
	clock->port.start = timer_start;
	clock->port.cancel = timer_cancel;
	clock->loop = loop;
}
