/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls.c - finds the method of a message, decodes its input and calls its handler
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/handlers.h"
#include "common/cleanup.h"
#include "wire/manager.h"

static const struct schema_interface *find_interface(const struct message_call *message)
{
	for (size_t i = 0; api_interfaces[i]; i++)
		if (strlen(api_interfaces[i]->name) == message->interface_length &&
		    memcmp(api_interfaces[i]->name, message->method, message->interface_length) ==
			    0)
			return api_interfaces[i];
	return NULL;
}

static const struct method *find_method(const struct schema_interface *interface, const char *name)
{
	for (const struct method *method = api_methods; method->interface; method++)
		if (method->interface == interface && strcmp(method->name, name) == 0)
			return method;
	return NULL;
}

static int resolve(struct call *call)
{
	const struct message_call *message = &call->message;
	const struct schema_interface *interface = find_interface(message);
	const struct method *method;

	if (!interface) {
		_cleanup_free_ char *name = strndup(message->method, message->interface_length);

		return name ? fault_interface_not_found(&call->note, name) : -ENOMEM;
	}
	call->schema = schema_find_method(interface, message->name);
	method = find_method(interface, message->name);
	if (!call->schema || !method)
		return fault_method_not_found(&call->note, message->method);
	call->handle = method->handle;
	return 0;
}

/* In place of descriptors, the input has their numbers in the call's parcel. */
static struct schema_fds descriptor_numbers(const struct parcel *parcel)
{
	static int numbers[MANAGER_FDS_MAX];

	for (int i = 0; i < (int)MANAGER_FDS_MAX; i++)
		numbers[i] = i;
	return (struct schema_fds){.fds = numbers, .n = parcel ? parcel->n : 0};
}

static int decode(struct call *call)
{
	struct schema_fds numbers = descriptor_numbers(call->parcel);
	const struct schema_method *schema = call->schema;
	char count[24];
	void *input;
	int r;

	if (schema->more && !call->message.more)
		return fault_expected_more(&call->note);
	if (numbers.n > 0 && !schema->takes_fds) {
		snprintf(count, sizeof(count), "%zu", numbers.n);
		return fault_invalid_parameter(&call->note, "fileDescriptors", count,
					       "none, for this method takes no descriptors");
	}
	input = calloc(1, schema->input->size);
	if (!input)
		return -ENOMEM;
	r = schema_decode(schema->input, call->message.parameters, &numbers, &call->note, input);
	if (r == 0)
		call->input = input;
	else
		free(input);
	return r;
}

static void on_message(void *arg, const char *text, size_t length, struct parcel *parcel)
{
	struct session *session = arg;
	struct call *call;
	int r;

	call = call_new(session);
	if (!call) {
		parcel_free(parcel);
		conn_give_up(session->conn);
		return;
	}
	call->parcel = parcel;
	call->peer = *conn_peer(session->conn);
	r = message_parse_call(text, length, &call->note, &call->message);
	if (r != 0) {
		/* message boundaries cannot be trusted from here on */
		call_fail(call, r, &call->note);
		conn_finish(session->conn);
		return;
	}
	r = conn_reserve_reply(session->conn, &call->note) ?: resolve(call) ?: decode(call);
	if (r == 0)
		r = call->handle(call, call->input);
	if (r != 0)
		call_fail(call, r, &call->note);
}

static void on_ended(void *arg)
{
	struct session *session = arg;

	/* a call under way still gets its reply: the client may only have stopped sending */
	if (session->watcher)
		conn_give_up(session->conn);
}

static void on_drained(void *arg)
{
	struct session *session = arg;

	if (session->watcher)
		watcher_drained(session->watcher);
}

static int on_opened(void *arg, struct conn *conn, void **ret_session)
{
	struct api *api = arg;
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->api = api;
	session->conn = conn;
	list_append(&api->sessions, &session->link);
	*ret_session = session;
	return 0;
}

static void on_closed(void *arg)
{
	struct session *session = arg;

	if (session->watcher) { /* nothing else ends its call */
		watcher_free(session->watcher);
		call_free(session->call);
	} else if (session->call) {
		call_orphan(session->call);
	}
	list_unlink(&session->link);
	free(session);
}

const struct conn_handler api_handler = {
	.opened = on_opened,
	.message = on_message,
	.ended = on_ended,
	.drained = on_drained,
	.closed = on_closed,
};
