/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timers.h - the clock port on the event loop */
#ifndef DAEMON_NET_TIMERS_H
#define DAEMON_NET_TIMERS_H

#include "util/clock.h"

struct loop;

struct loop_clock { /* embedded */
	struct clock_port port;
	struct loop *loop; /* borrowed */
};

void loop_clock_init(struct loop_clock *clock, struct loop *loop);

#endif
