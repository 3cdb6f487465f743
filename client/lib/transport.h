/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * transport.h - messages to and from the daemon: one socket, JSON objects, descriptors
 */
#ifndef LIB_TRANSPORT_H
#define LIB_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/schema.h"

struct json_object;

struct transport { /* embedded */
	char *path; /* of the daemon's socket */
	int fd;	    /* -1: not connected */
	char *bytes; /* received, and no reply so far */
	size_t length;
	size_t allocated;
	struct schema_fds fds; /* that came with them */
};

/* What the daemon sent. Owned. */
struct reply {
	struct json_object *message; /* all of it */
	struct json_object *parameters; /* borrowed from it; NULL: none */
	const char *error;	     /* the same; NULL: no error */
	bool continues;
	struct schema_fds fds;
};

/* Fit for a zeroed one. */
void reply_done(struct reply *reply);

/* Connects. @path: NULL: of the environment, or the default. */
int transport_init(struct transport *transport, const char *path);
void transport_done(struct transport *transport);
/*
 * Makes it fit for a call: connects again if the connection was lost, or if something came over it
 * that nobody asked for.
 */
int transport_reconnect(struct transport *transport);
void transport_disconnect(struct transport *transport);

/*
 * Sends a call. @parameters may be NULL; it and @fds are borrowed. -EMSGSIZE: too large, nothing was
 * sent; -ECONNRESET: the daemon is gone, but its last word may still be received.
 */
int transport_send(struct transport *transport, const char *method, struct json_object *parameters,
		   bool more, const int *fds, size_t n_fds);
enum transport_wait {
	TRANSPORT_WAIT,	      /* for a reply */
	TRANSPORT_WAIT_EXACT, /* the same, and leave what comes after it in the socket */
	TRANSPORT_NO_WAIT,
};
/*
 * Receives one reply. -EAGAIN: there is none yet (TRANSPORT_NO_WAIT only); -ECONNRESET: the daemon
 * closed the connection; -EPROTO: what came is no reply.
 */
int transport_receive(struct transport *transport, enum transport_wait wait, struct reply *ret);
/* There are bytes that belong to no reply received so far. */
bool transport_has_rest(const struct transport *transport);

#endif
