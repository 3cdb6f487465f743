/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * transport.h - a socket to the daemon: calls go out, replies come in
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
	/* of now_ns(): until then all functions here wait; INT64_MAX: for ever; 0: not at all */
	int64_t deadline;
	struct frame_reader reader;
};

/* What the daemon sent. Owned. */
struct reply {
	struct message_reply message;
	struct schema_fds fds;
};

/* Fit for a zeroed one. */
void reply_done(struct reply *reply);

/* Connects, without a deadline. @path: NULL: of the environment, or the default. */
int transport_init(struct transport *transport, const char *path);
void transport_done(struct transport *transport);
void transport_disconnect(struct transport *transport);
/*
 * Makes it fit for a call: connects again if the connection was lost (the daemon has been
 * restarted), or if something came over it that nobody asked for.
 */
int transport_reconnect(struct transport *transport);

enum transport_kind {			/* of a call */
		      TRANSPORT_CALL,	/* one reply comes */
		      TRANSPORT_MORE,	/* many */
		      TRANSPORT_ONEWAY, /* none */
};

/*
 * Sends a call. @parameters may be NULL; it and @fds are borrowed. -EMSGSIZE: too large, nothing
 * was sent; -ECONNRESET: the daemon is gone and has not got all of it, but its last word may still
 * be received.
 */
int transport_send(struct transport *transport, const char *method, struct json_object *parameters,
		   enum transport_kind kind, const int *fds, size_t n_fds);
/*
 * Receives one reply. -ETIMEDOUT: there is none yet; -ECONNRESET: the daemon closed the connection;
 * -EPROTO: what came is no reply.
 */
int transport_receive(struct transport *transport, struct reply *ret);
/* The same without a deadline, and leaves in the socket what comes after the reply. */
int transport_receive_exact(struct transport *transport, struct reply *ret);
/* Something has been received that belongs to no reply so far. */
bool transport_has_rest(const struct transport *transport);

#endif
