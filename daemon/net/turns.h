/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * turns.h - the order in which connections are served: by user, not by connection
 *
 * In each iteration of the event loop, every user with a waiting connection gets one turn. A user
 * with many connections, or with many messages, makes another user wait for one turn only.
 */
#ifndef DAEMON_NET_TURNS_H
#define DAEMON_NET_TURNS_H

#include <ev.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/list.h"

struct loop;
struct turns_user;

/* Zero-initialise; owned by the listener. */
struct turns {
	struct loop *loop; /* borrowed */
	struct list users;
	size_t n_waiting;
	struct ev_idle idle; /* active while connections wait */
};

/* Embedded in a connection, which sets serve. */
struct turn {
	/* The turn has come, and is over when this returns. May not free its owner at once. */
	void (*serve)(struct turn *turn);
	struct turns *turns;
	struct turns_user *user;
	struct list_link link; /* in the user's list, while it waits */
};

void turns_init(struct turns *turns, struct loop *loop);
/* After the last turn_done(). */
void turns_done(struct turns *turns);
/* The connections of @uid, that is, turns between turn_init() and turn_done(). */
size_t turns_count(const struct turns *turns, uid_t uid);

int turn_init(struct turns *turns, struct turn *turn, uid_t uid);
/* One that was not initialised is fine. */
void turn_done(struct turn *turn);
/* Waits for a turn, behind the user's others; one that waits already keeps its place. */
void turn_wait(struct turn *turn);
static inline bool turn_waits(const struct turn *turn)
{
	return list_is_linked(&turn->link);
}
/* Does not wait any more. */
void turn_skip(struct turn *turn);

#endif
