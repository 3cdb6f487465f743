/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * connection.h - a connection to the daemon, internal to the library
 */
#ifndef LIB_CONNECTION_H
#define LIB_CONNECTION_H

#include <stddef.h>

#include "iouctl.h"
#include "lib/reply.h"
#include "lib/failure.h"
#include "lib/transport.h"

struct iouctl {
	struct transport transport; /* disconnected from a failure until the next call */
	int timeout_ms;		    /* of a call; -1: no limit */
	struct failure failure;	    /* of the last call */
};

/*
 * Calls @method ("org.iouringd.Manager.GetStatus"). @parameters may be NULL; it and @fds are
 * borrowed. On failure the connection's failure has the reason. If the connection is lost, the call
 * is repeated once where that is harmless: it changes nothing, or the daemon did not receive it.
 */
int connection_call(struct iouctl *c, const char *method, struct json_object *parameters,
		    const int *fds, size_t n_fds, struct reply *ret);
/*
 * Calls a method of org.iouringd.Manager. @in: its struct in wire/manager.h. @type: the fields to
 * decode from the reply into *out, which borrows from *ret_reply; NULL: none.
 */
int connection_request(struct iouctl *c, const char *name, const void *in,
		       const struct schema_type *type, void *out, struct reply *ret_reply);
/* The same for a method of whose reply only the success matters. */
int connection_command(struct iouctl *c, const char *name, const void *in);
/* Sends a one-way call. Does not report whether it arrives. */
void connection_notify(struct iouctl *c, const char *name, const void *in);
/*
 * Parses a caller's JSON object; @what names it in the failure. -EINVAL, or -EMSGSIZE if it is too
 * large. The caller puts the object.
 */
int connection_parse(struct iouctl *c, const char *what, const char *text,
		     struct json_object **ret);

#endif
