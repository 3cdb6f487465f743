/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call.h - one call of a client, from its message to its reply
 *
 * A call owns its decoded input and lives until its reply, even if its client disconnects
 * meanwhile. The reply is then dropped, and the descriptors in it are closed.
 */
#ifndef DAEMON_API_CALL_H
#define DAEMON_API_CALL_H

#include "manager/manager.h"
#include "common/list.h"
#include "util/parcel.h"
#include "wire/fault.h"
#include "wire/message.h"
#include "wire/schema.h"

struct api;
struct call;
struct session;

/*
 * A handler returns 0 if it has replied or will reply; the call may be freed by then. Otherwise it
 * returns a fault, with call->note filled, or -errno, and the call fails with that.
 */
typedef int (*method_handler)(struct call *call, const void *input);

struct method {
	const struct schema_interface *interface;
	const char *name;
	method_handler handle;
};

struct call {			     /* owned by the api; freed by its reply */
	struct api *api;	     /* borrowed */
	struct session *session;     /* borrowed; NULL: the client has disconnected */
	struct list_link link;	     /* in the api's list */
	struct message_call message; /* input borrows from it */
	struct parcel *parcel;	     /* of descriptors that came with it; NULL: none */
	const struct schema_method *schema;
	method_handler handle;
	void *input;	  /* as schema->input describes it */
	struct peer peer; /* what the connection owns of it is valid only while the handler runs */
	struct note note; /* for the handler's fault */
	struct {	  /* of LoadProgram */
		struct parcel_copy copy;
		int memfd; /* -1: none yet */
	} object;
};

struct call *call_new(struct session *session); /* NULL: no memory */
/* The client has disconnected. */
void call_orphan(struct call *call);
/* Without a reply: no client is left to receive it, or no manager to give it. */
void call_free(struct call *call);

/* Sends the reply and frees the call. @output: as schema->output describes it. */
void call_reply(struct call *call, const void *output);
void call_reply_empty(struct call *call); /* for methods without output */
/* @r: a fault or -errno; @note: of the fault. */
void call_fail(struct call *call, int r, const struct note *note);

/* Sends one of several replies; more follow, and the call stays. */
int call_reply_more(struct call *call, const void *output);

#endif
