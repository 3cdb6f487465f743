/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ports.h - what the daemon works with: locks, loop, threads, brokers, kernel and hosts */
#ifndef DAEMON_PORTS_H
#define DAEMON_PORTS_H

#include "net/timers.h"

struct config;

/* Each member is NULL or -1 until it is made; in the order of their making. */
struct ports {
	int lock_fd;
	struct loop *loop;
	struct loop_clock clock;
	struct pool *pool;
	struct parcels *parcels;
	struct last_use_port *last_use;
	struct kern *kern;
	int pins_lock_fd;
	struct hosts *hosts;
};

#define PORTS_NONE {.lock_fd = -1, .pins_lock_fd = -1}

/* 0, or -errno after it has logged why. Either way the caller calls ports_done(). */
int ports_init(struct ports *ports, const struct config *config);
void ports_done(struct ports *ports);

#endif
