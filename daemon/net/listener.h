/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * listener.h - accepts clients and owns their connections
 */
#ifndef DAEMON_NET_LISTENER_H
#define DAEMON_NET_LISTENER_H

#include <stddef.h>

#include "net/conn.h"
#include "policy/policy.h"

struct listener;
struct parcels;

struct listener_limits {
	size_t connections; /* of all users together; root may exceed it */
	/* A quarter of the connections is left for users who have less than this each. */
	size_t guaranteed;
	struct policies *policies; /* borrowed; they have the limits of each user */
};

/*
 * Owned by the daemon; owns the connections. @fd: a listening, non-blocking Unix stream socket;
 * borrowed, as is @parcels. A client beyond a limit gets QuotaExceeded, and its connection is
 * closed.
 */
int listener_new(struct loop *loop, int fd, const struct listener_limits *limits,
		 struct parcels *parcels, const struct conn_handler *handler, void *arg,
		 struct listener **ret);
/* Accepts no more connections. */
void listener_stop(struct listener *listener);
/* Closes all connections, with closed() for each. NULL is fine. */
void listener_free(struct listener *listener);

#endif
