/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * transport.h - sends calls to the daemon and receives replies, over a socket
 */
#ifndef LIB_TRANSPORT_H
#define LIB_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"
#include "wire/message.h"

struct transport {  /* embedded */
	char *path; /* of the daemon's socket */
	int fd;	    /* -1: not connected */
	/* when waiting functions give up, as of now_ns(); INT64_MAX: never; 0: at once */
	int64_t deadline;
	struct frame_reader reader;
};

/* A reply as received. Owns its members. */
struct raw_reply {
	struct message_reply message;
	struct schema_fds fds;
};

/* Accepts a zeroed one. */
void raw_reply_done(struct raw_reply *reply);

/* Connects, without a deadline. @path NULL: $IOURINGD_SOCKET, or the default path. */
int transport_init(struct transport *transport, const char *path);
void transport_done(struct transport *transport);
void transport_disconnect(struct transport *transport);
/*
 * Prepares for a call. Connects again if the connection was lost, as when the daemon was restarted,
 * or if unexpected data arrived.
 */
int transport_reconnect(struct transport *transport);

enum transport_kind {			/* of a call */
		      TRANSPORT_CALL,	/* one reply */
		      TRANSPORT_MORE,	/* any number of replies */
		      TRANSPORT_ONEWAY, /* no reply */
};

/*
 * Sends a call. @parameters may be NULL; it and @fds are borrowed. -EMSGSIZE: too large, nothing
 * was sent; -ETIMEDOUT: a part may have been sent; -ECONNRESET: the daemon closed the connection
 * before it received the whole call, but a reply of it may still be readable.
 */
int transport_send(struct transport *transport, const char *method, struct json_object *parameters,
		   enum transport_kind kind, const int *fds, size_t n_fds);
/*
 * Receives one reply. -ETIMEDOUT: none has arrived; -ECONNRESET: the daemon closed the connection;
 * -EPROTO: the message is not a reply.
 */
int transport_receive(struct transport *transport, struct raw_reply *ret);
/* The same without a deadline; leaves the bytes after the reply in the socket. */
int transport_receive_exact(struct transport *transport, struct raw_reply *ret);
/* Whether bytes have been received after the last reply. */
bool transport_has_rest(const struct transport *transport);

#endif
