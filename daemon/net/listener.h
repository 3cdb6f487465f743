/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * listener.h - the socket that clients connect to, and their connections
 */
#ifndef DAEMON_NET_LISTENER_H
#define DAEMON_NET_LISTENER_H

#include <stddef.h>

#include "net/conn.h"

struct listener;

struct listener_limits {
	size_t connections; /* of all together; root is not counted out by them */
	size_t per_user;
};

/*
 * Owned by the daemon; owns the connections. @fd: a listening, non-blocking Unix stream socket;
 * borrowed. A client beyond its user's limit gets QuotaExceeded and is hung up on.
 */
int listener_new(struct loop *loop, int fd, const struct listener_limits *limits,
		 const struct conn_handler *handler, void *arg, struct listener **ret);
/* No new connections from now on. */
void listener_stop(struct listener *listener);
/* Ends all connections, with their closed(). NULL is fine. */
void listener_free(struct listener *listener);

#endif
