/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.c - events, over a connection of their own */
#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "iouctl.h"
#include "lib/answer.h"
#include "lib/failure.h"
#include "lib/transport.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"

struct iouctl_watch {
	struct transport transport;
	struct failure failure;
	int error; /* what ended it; 0: it goes on */
};

static int subscribe(struct iouctl_watch *w, const char *ring)
{
	_cleanup_json_ struct json_object *parameters = NULL;
	_cleanup_(schema_fds_done) struct schema_fds fds = {};
	const struct schema_method *method = schema_find_method(&manager_interface, "Watch");
	const struct in_watch in = {.ring = ring};
	int r;

	assert(method);
	r = schema_encode(method->input, &in, &fds, &parameters);
	if (r < 0)
		return r;
	return transport_send(&w->transport, MANAGER_INTERFACE ".Watch", parameters, true, NULL, 0);
}

/* Hands on one event; what it points to is the answer's. */
static void hand_on(const struct answer_event *in, const char *json,
		    void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	const struct iouctl_event out = {
		.kind = in->kind,
		.number = in->number,
		.time_us = in->time,
		.ring = in->ring,
		.program = in->program,
		.reason = in->reason,
		.generation = in->generation.set ? in->generation.value : 0,
		.lost = in->lost.set ? in->lost.value : 0,
		.json = json,
	};

	event(arg, &out);
}

/* Makes an event of one reply; hands it to @event unless that is NULL. */
static int take_reply(struct iouctl_watch *w, const struct reply *reply,
		      void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	_cleanup_(answer_done) struct answer answer = {};
	_cleanup_(note_done) struct note note = {};
	_cleanup_free_ char *json = NULL;
	struct answer_event decoded;
	int r;

	if (reply->message.error)
		return failure_refused(&w->failure, reply->message.error, reply->message.parameters);
	if (!reply->message.parameters)
		return -EPROTO;
	/* as text before it is cut down to what we know */
	r = json_print(reply->message.parameters, false, &json);
	if (r < 0)
		return r;
	answer.parameters = json_object_get(reply->message.parameters);
	r = answer_decode(&answer, &answer_event_type, &note, &decoded);
	if (r != 0)
		return failure_from_note(&w->failure, r, &note, -EPROTO, "Watch");
	if (event)
		hand_on(&decoded, json, event, arg);
	return reply->message.continues ? 0 : -ECONNRESET;
}

/* Remembers what ended the watch. */
static int end(struct iouctl_watch *w, int r)
{
	w->error = r;
	if (w->failure.message)
		return r;
	if (r == -ECONNRESET)
		return failure_set(&w->failure, r, "iouringd closed the connection");
	return failure_set(&w->failure, r, "Watch: %s", strerror(-r));
}

/* The answer that says that it has begun. */
static int receive_first(struct iouctl_watch *w)
{
	_cleanup_(reply_done) struct reply reply = {};
	int r;

	/* what comes after it stays in the socket, so that polling it tells of it */
	r = transport_receive_exact(&w->transport, &reply);
	if (r == 0)
		r = take_reply(w, &reply, NULL, NULL);
	w->transport.deadline = 0; /* from now on, only what is there */
	return r;
}

static int receive_next(struct iouctl_watch *w,
			void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	_cleanup_(reply_done) struct reply reply = {};
	int r = transport_receive(&w->transport, &reply);

	return r < 0 ? r : take_reply(w, &reply, event, arg);
}

int iouctl_watch_new(const char *path, const char *ring, struct iouctl_watch **ret)
{
	struct iouctl_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	r = transport_init(&w->transport, path);
	if (r < 0) {
		free(w);
		return r;
	}
	r = subscribe(w, ring);
	if (r == 0 || r == -ECONNRESET)
		r = receive_first(w);
	if (r < 0) {
		iouctl_watch_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

struct iouctl_watch *iouctl_watch_free(struct iouctl_watch *w)
{
	if (!w)
		return NULL;
	transport_done(&w->transport);
	failure_done(&w->failure);
	free(w);
	return NULL;
}

int iouctl_watch_get_fd(const struct iouctl_watch *w)
{
	return w->transport.fd;
}

int iouctl_watch_dispatch(struct iouctl_watch *w,
			  void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	int r;

	if (w->error)
		return w->error;
	do
		r = receive_next(w, event, arg);
	while (r == 0);
	return r == -ETIMEDOUT ? 0 : end(w, r);
}

const char *iouctl_watch_error_message(const struct iouctl_watch *w)
{
	return failure_message(&w->failure);
}
