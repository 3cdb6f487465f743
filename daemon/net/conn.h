/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * conn.h - the connection of one client
 *
 * Messages are read and handed on one at a time, in the turns of their user (turns.h): the next one
 * after the reply to the last (conn_replied()) has been written. Replies therefore keep the order
 * of calls, and a client that does not read its replies delays only itself and has one reply in
 * memory. What a client has sent meanwhile stays in the socket, and its descriptors are the
 * client's. The daemon itself receives bytes only: bytes with descriptors, and the last close of a
 * socket that may hold some, are the business of a process of the user's (util/parcel.h).
 */
#ifndef DAEMON_NET_CONN_H
#define DAEMON_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/list.h"
#include "net/peer.h"
#include "net/turns.h"
#include "wire/schema.h"

struct conn;
struct hang_ups;
struct loop;
struct parcel;
struct parcels;
struct policies;

/*
 * All run on the loop; @session is opened()'s. They may call functions of the connection, which
 * never call closed() from within.
 */
struct conn_handler {
	/* A client has connected. -errno closes the connection. */
	int (*opened)(void *arg, struct conn *conn, void **ret_session);
	/* @parcel (NULL: none) is the session's. Call conn_replied(), now or later. */
	void (*message)(void *session, const char *text, size_t length, struct parcel *parcel);
	/*
	 * The client sends no more, or has disconnected, while a message has no reply yet. More
	 * messages may follow, which it sent before.
	 */
	void (*ended)(void *session);
	/* All output has been written. */
	void (*drained)(void *session);
	/* The last callback: the connection is freed after it. */
	void (*closed)(void *session);
};

/* The connections that one handler serves. Owned by the listener; freed after their handler. */
struct conns {
	struct loop *loop; /* borrowed */
	const struct conn_handler *handler;
	void *arg; /* of opened() */
	struct hang_ups *hang_ups;
	struct parcels *parcels; /* borrowed, as the next */
	struct policies *policies;
	struct turns turns;
	struct list list;
	size_t n;
};

int conns_init(struct conns *conns, struct loop *loop, struct parcels *parcels,
	       struct policies *policies, const struct conn_handler *handler, void *arg);
/* Closes all connections at once, with closed() for each; not from within a callback. */
void conns_done(struct conns *conns);

/* Takes over @fd and @peer even on failure. @conns owns the connection. */
int conn_new_take_fd(struct conns *conns, int fd, struct peer *peer, struct conn **ret);
/* At once, with closed(); not from within a callback. NULL is fine. */
void conn_free(struct conn *conn);

const struct peer *conn_peer(const struct conn *conn);
/* Bytes not written yet. */
size_t conn_queued(const struct conn *conn);

/*
 * Keeps MEMORY_REPLY bytes of the user's queuedBytesPerUser for the reply, until conn_replied().
 * FAULT_QUOTA_EXCEEDED: it has not so many left, and the call is not to be handled.
 */
int conn_reserve_reply(struct conn *conn, struct note *note);
/* Whether the quota has room for a message of @length bytes: 0, or FAULT_QUOTA_EXCEEDED. */
int conn_may_send(const struct conn *conn, size_t length, struct note *note);
/* Moves @fds. If the message cannot be sent, the connection is given up; closed() follows. */
void conn_send(struct conn *conn, const char *text, size_t length, struct schema_fds *fds);
/* The message under way has its reply. */
void conn_replied(struct conn *conn);
/* Writes the queue, then closes the connection. No more messages arrive. */
void conn_finish(struct conn *conn);
/* Closes the connection without writing the queue. */
void conn_give_up(struct conn *conn);

#endif
