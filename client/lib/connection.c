/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* connection.c - calls to the daemon, one at a time, and their results */
#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/connection.h"
#include "lib/futex.h"
#include "wire/json.h"
#include "wire/fault.h"
#include "wire/manager.h"

int iouctl_connect(const char *path, struct iouctl **ret)
{
	struct iouctl *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->timeout_ms = -1;
	r = transport_init(&c->transport, path);
	if (r < 0) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

struct iouctl *iouctl_free(struct iouctl *c)
{
	if (!c)
		return NULL;
	transport_done(&c->transport);
	failure_done(&c->failure);
	free(c);
	return NULL;
}

void iouctl_set_timeout(struct iouctl *c, int timeout_ms)
{
	c->timeout_ms = timeout_ms < 0 ? -1 : timeout_ms;
}

const char *iouctl_error_name(const struct iouctl *c)
{
	return c->failure.name;
}

const char *iouctl_error_message(const struct iouctl *c)
{
	return failure_message(&c->failure);
}

const char *iouctl_error_parameters(const struct iouctl *c)
{
	return c->failure.parameters;
}

/* Methods that change nothing, so that repeating the call is harmless. */
static bool only_reads(const char *method)
{
	static const char *const methods[] = {
		SERVICE_INTERFACE ".GetInfo",	      SERVICE_INTERFACE ".GetInterfaceDescription",
		MANAGER_INTERFACE ".GetStatus",	      MANAGER_INTERFACE ".ListPrograms",
		MANAGER_INTERFACE ".DescribeProgram", MANAGER_INTERFACE ".OpenRing",
		MANAGER_INTERFACE ".DescribeRing",    MANAGER_INTERFACE ".ListRings",
		MANAGER_INTERFACE ".ReadParameters",  MANAGER_INTERFACE ".ExplainPolicy",
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i], method) == 0)
			return true;
	return false;
}

/*
 * Sends the call and receives the reply. A reply counts even if the daemon closed the connection
 * before it read the whole call. *ret_arrived: the daemon may have received the call.
 */
static int exchange_once(struct iouctl *c, const char *method, struct json_object *parameters,
			 const int *fds, size_t n_fds, bool *ret_arrived, struct raw_reply *ret)
{
	int r, sent;

	*ret_arrived = false;
	r = transport_reconnect(&c->transport);
	if (r < 0)
		return failure_set(&c->failure, r, "%s: cannot connect to %s: %s", method,
				   c->transport.path, strerror(-r));
	sent = transport_send(&c->transport, method, parameters, TRANSPORT_CALL, fds, n_fds);
	if (sent == -EMSGSIZE)
		return failure_set(
			&c->failure, sent,
			"%s: the call exceeds the limits of a message (%u bytes, %d descriptors)",
			method, MANAGER_CALL_MAX, MANAGER_FDS_MAX);
	*ret_arrived = sent == 0;
	r = sent < 0 && sent != -ECONNRESET ? sent : transport_receive(&c->transport, ret);
	if (r == 0 && (ret->message.continues || transport_has_rest(&c->transport)))
		r = -EPROTO;
	if (r == 0 && sent == 0)
		return 0;
	transport_disconnect(&c->transport);
	if (r == -ECONNRESET)
		failure_set(&c->failure, r, "%s: iouringd closed the connection", method);
	else if (r == -ETIMEDOUT)
		failure_set(&c->failure, r, "%s: no reply from iouringd within %d ms", method,
			    c->timeout_ms);
	else if (r == -EPROTO)
		failure_set(&c->failure, r, "%s: iouringd sent an invalid reply", method);
	else if (r < 0)
		failure_set(&c->failure, r, "%s: %s", method, strerror(-r));
	return r;
}

static int exchange(struct iouctl *c, const char *method, struct json_object *parameters,
		    const int *fds, size_t n_fds, struct raw_reply *ret)
{
	bool arrived;
	int r;

	c->transport.deadline = deadline_ns(c->timeout_ms);
	r = exchange_once(c, method, parameters, fds, n_fds, &arrived, ret);
	if (r == -ECONNRESET && (!arrived || only_reads(method)))
		r = exchange_once(c, method, parameters, fds, n_fds, &arrived, ret);
	return r;
}

int connection_call(struct iouctl *c, const char *method, struct json_object *parameters,
		    const int *fds, size_t n_fds, struct reply *ret)
{
	_cleanup_(raw_reply_done) struct raw_reply raw = {};
	struct reply reply = {};
	int r;

	failure_done(&c->failure);
	r = exchange(c, method, parameters, fds, n_fds, &raw);
	if (r < 0)
		return r;
	if (raw.message.error)
		return failure_refused(&c->failure, raw.message.error, raw.message.parameters);
	reply.parameters = raw.message.parameters ? json_object_get(raw.message.parameters)
						  : json_object_new_object();
	if (!reply.parameters)
		return failure_set(&c->failure, -ENOMEM, "%s: not enough memory for the reply",
				   method);
	reply.fds = raw.fds;
	raw.fds = (struct schema_fds){};
	*ret = reply;
	return 0;
}

int connection_request(struct iouctl *c, const char *name, const void *in,
		       const struct schema_type *type, void *out, struct reply *ret_reply)
{
	const struct schema_method *method = schema_find_method(&manager_interface, name);
	_cleanup_json_ struct json_object *parameters = NULL;
	_cleanup_(schema_fds_done) struct schema_fds fds = {};
	_cleanup_(note_done) struct note note = {};
	_cleanup_(reply_done) struct reply reply = {};
	char full[128];
	int r;

	assert(method);
	snprintf(full, sizeof(full), "%s.%s", manager_interface.name, name);
	failure_done(&c->failure);
	r = schema_encode(method->input, in, &fds, &parameters);
	if (r < 0)
		return failure_set(&c->failure, r, "%s: %s", name, strerror(-r));
	r = connection_call(c, full, parameters, fds.fds, fds.n, &reply);
	if (r < 0)
		return r;
	r = type ? reply_decode(&reply, type, &note, out) : 0;
	if (r != 0)
		return failure_from_note(&c->failure, r, &note, -EPROTO, name);
	*ret_reply = reply;
	reply = (struct reply){};
	return 0;
}

int connection_command(struct iouctl *c, const char *name, const void *in)
{
	_cleanup_(reply_done) struct reply reply = {};

	return connection_request(c, name, in, NULL, NULL, &reply);
}

void connection_notify(struct iouctl *c, const char *name, const void *in)
{
	const struct schema_method *method = schema_find_method(&manager_interface, name);
	_cleanup_json_ struct json_object *parameters = NULL;
	_cleanup_(schema_fds_done) struct schema_fds fds = {};
	char full[128];

	assert(method);
	snprintf(full, sizeof(full), "%s.%s", manager_interface.name, name);
	c->transport.deadline = deadline_ns(c->timeout_ms);
	if (schema_encode(method->input, in, &fds, &parameters) == 0 &&
	    transport_reconnect(&c->transport) == 0 &&
	    transport_send(&c->transport, full, parameters, TRANSPORT_ONEWAY, fds.fds, fds.n) < 0)
		transport_disconnect(&c->transport); /* a part of it may have been sent */
}
