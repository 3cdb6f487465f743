/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call.h - one call of a client, from its message to its answer
 *
 * A call owns its decoded input, and lives until it is answered, also when its client has gone
 * meanwhile: then the answer goes nowhere, and what it would have carried is closed.
 */
#ifndef DAEMON_API_CALL_H
#define DAEMON_API_CALL_H

#include "manager/manager.h"
#include "common/list.h"
#include "wire/fault.h"
#include "wire/message.h"
#include "wire/schema.h"

struct api;
struct call;
struct session;

/*
 * Handlers return 0 when they have answered, or will; the call may be gone by then. Otherwise they
 * return a fault, whose note is call->note, or -errno, and the call is answered with that.
 */
typedef int (*method_handler)(struct call *call, const void *input);

struct method {
	const struct schema_interface *interface;
	const char *name;
	method_handler handle;
};

struct call {			     /* owned by the api, and freed when it is answered */
	struct api *api;	     /* borrowed */
	struct session *session;     /* borrowed; NULL: the client has gone */
	struct list_link link;	     /* in the api's list */
	struct message_call message; /* input borrows from it */
	struct schema_fds fds;	     /* that came with it */
	const struct schema_method *schema;
	method_handler handle;
	void *input;	  /* as schema->input describes it */
	struct peer peer; /* its groups only while the handler runs: they are the connection's */
	struct note note; /* for the handler's fault */
};

struct call *call_new(struct session *session); /* NULL: no memory */
/* Its client has gone. */
void call_orphan(struct call *call);
/* Without an answer: when there is nobody left to give or to take one. */
void call_free(struct call *call);

/* The end of a call: its answer is sent, and it is freed. @output: as schema->output describes it.
 */
void call_answer(struct call *call, const void *output);
void call_answer_nothing(struct call *call); /* for methods without output */
/* @r: a fault or -errno; @note: of the fault. */
void call_fail(struct call *call, int r, const struct note *note);

/* One of many answers: more will come, and the call stays. */
int call_continue(struct call *call, const void *output);

#endif
