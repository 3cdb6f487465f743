/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conn-private.h - a connection, as conn.c, conn-input.c and conn-output.c share it */
#ifndef NET_CONN_PRIVATE_H
#define NET_CONN_PRIVATE_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/conn.h"
#include "net/hang-ups.h"
#include "net/loop.h"
#include "net/memory.h"
#include "util/parcel.h"
#include "wire/frame.h"

/* Owned by conns; freed by the reaper or conn_free(). */
struct conn {
	struct conns *conns;
	struct list_link link;
	struct reap reap;
	int fd;
	struct peer peer;
	void *session;
	bool opened;
	struct ev_io readable;
	struct ev_io writable;
	struct hang_up hang_up;
	struct turn turn; /* to read, and to handle a message */
	struct ev_timer linger;
	struct frame_reader reader;
	struct frame_writer writer;
	struct frame next; /* from the reader, not handed on yet */
	struct arrival arrival;
	struct parcel *parcel; /* the descriptors of the message that is read, or of next */
	struct memory memory;  /* of reader and writer */
	char *refusal;	       /* the last reply: why the input is refused */
	size_t refusal_length;
	bool has_next;
	bool arriving;	/* bytes with descriptors are received elsewhere */
	bool busy;	/* a message has no reply yet */
	bool handling;	/* within serve() */
	bool hung_up;	/* the client sends no more */
	bool ended;	/* ... and all that it sent has been read */
	bool finishing; /* close when all is written */
	bool draining;	/* input is discarded until the client closes */
	bool dead;	/* on the loop's list of objects to free */
};

/* ---- conn-output.c ---- */

/* Starts and stops the watchers according to the connection's state. */
void conn_update(struct conn *conn);
void conn_stop_watchers(struct conn *conn);
/* Logs that the daemon cannot do @what; @r: -errno. */
void conn_warn(const struct conn *conn, const char *what, int r);
/* Whether a message may be handed on, and whether input may be read. */
bool conn_may_handle(const struct conn *conn);
bool conn_may_read(const struct conn *conn);
void conn_writable(struct ev_loop *ev, struct ev_io *watcher, int events);
void conn_linger(struct ev_loop *ev, struct ev_timer *watcher, int events);
void conn_hung_up(struct hang_up *hang_up);

/* ---- conn-input.c ---- */

/* The connection's turn: reads once, and handles one message. */
void conn_serve(struct turn *turn);
/* Bytes and descriptors that were received elsewhere. */
void conn_arrived(struct arrival *arrival, struct arrived *arrived);
void conn_readable(struct ev_loop *ev, struct ev_io *watcher, int events);

#endif
