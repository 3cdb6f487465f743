/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * connection.h - a connection to the daemon, as the library's files see it
 */
#ifndef LIB_CONNECTION_H
#define LIB_CONNECTION_H

#include <stddef.h>

#include "iouctl.h"
#include "lib/answer.h"
#include "lib/failure.h"
#include "lib/transport.h"

struct iouctl {
	struct transport transport; /* lost between a failure and the next call */
	int timeout_ms;		    /* of a call; -1: none */
	struct failure failure;	    /* of the last call */
};

/*
 * Calls @method ("org.iouringd.Manager.GetStatus"). @parameters may be NULL; it and @fds are
 * borrowed. On failure the connection's failure says why. If the daemon goes away meanwhile, the
 * call is repeated once where that can do no harm: it changes nothing, or did not arrive.
 */
int connection_call(struct iouctl *c, const char *method, struct json_object *parameters,
		    const int *fds, size_t n_fds, struct answer *ret);
/*
 * Calls a method of org.iouringd.Manager. @in: its struct of wire/manager.h. @type: what is wanted
 * of the answer, decoded into *out, which borrows from *ret_answer; NULL: nothing.
 */
int connection_ask(struct iouctl *c, const char *name, const void *in,
		   const struct schema_type *type, void *out, struct answer *ret_answer);
/* The same, for an answer of which nothing is wanted but that it is no error. */
int connection_tell(struct iouctl *c, const char *name, const void *in);
/* Says it, and waits for nothing: whether it arrives is not known. */
void connection_notify(struct iouctl *c, const char *name, const void *in);
/* A caller's JSON text as an object; -EINVAL, and the failure says why. The caller puts it. */
int connection_parse(struct iouctl *c, const char *what, const char *text,
		     struct json_object **ret);

#endif
