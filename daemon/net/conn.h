/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * conn.h - one client: its messages in, its answers out
 *
 * Messages are handed on one at a time: the next one only when the last has been answered
 * (conn_answered()) and all output has been written. So answers keep the order of calls, and a
 * client that does not read its answers holds up nobody but itself, with one answer in memory.
 */
#ifndef DAEMON_NET_CONN_H
#define DAEMON_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "net/peer.h"
#include "common/list.h"
#include "wire/schema.h"

struct conn;
struct loop;

/*
 * All run on the loop. @session is what opened() returned. Functions of the connection may be
 * called from within; closed() never comes from within one.
 */
struct conn_handler {
	/* A client came. -errno: it is hung up on. */
	int (*opened)(void *arg, struct conn *conn, void **ret_session);
	/* @fds are closed after it, unless they were taken. Ends with conn_answered(), some time.
	 */
	void (*message)(void *session, const char *text, size_t length, struct schema_fds *fds);
	/* The client will send no more, or is gone; while a message is not answered. */
	void (*ended)(void *session);
	/* All output has been written. */
	void (*drained)(void *session);
	/* The last of all: the connection is gone after it. */
	void (*closed)(void *session);
};

/* Takes over @fd and @peer even on failure. The list is its owner's: it unlinks itself. */
int conn_new_take_fd(struct loop *loop, int fd, struct peer *peer,
		     const struct conn_handler *handler, void *arg, struct list *owner,
		     struct conn **ret);
/* At once, with closed(): only where no callback is under way. NULL is fine. */
void conn_free(struct conn *conn);
/* The entry of a list of connections. */
struct conn *conn_of_link(struct list_link *link);

const struct peer *conn_peer(const struct conn *conn);
/* Bytes that were not written yet. */
size_t conn_queued(const struct conn *conn);

/* @fds are moved. If it cannot be sent the connection is given up, and closed() will come. */
void conn_send(struct conn *conn, const char *text, size_t length, struct schema_fds *fds);
/* The message at hand is answered. */
void conn_answered(struct conn *conn);
/* Writes what is queued, then hangs up. No more messages come. */
void conn_finish(struct conn *conn);
/* Hangs up without that. */
void conn_give_up(struct conn *conn);

#endif
