/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* call.c - calls any method, with JSON as text */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/connection.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"

const char *iouctl_version(void)
{
	return IOUCTL_VERSION;
}

int connection_parse(struct iouctl *c, const char *what, const char *text, struct json_object **ret)
{
	_cleanup_(note_done) struct note note = {};
	_cleanup_json_ struct json_object *object = NULL;
	size_t length;
	int r;

	if (!text)
		return failure_set(&c->failure, -EINVAL, "no %s given", what);
	length = strlen(text);
	if (length >= MANAGER_CALL_MAX)
		return failure_set(&c->failure, -EMSGSIZE, "the %s exceed %u bytes", what,
				   MANAGER_CALL_MAX);
	r = json_parse(text, length, &note, &object);
	if (r != 0)
		return failure_from_note(&c->failure, r, &note, -EINVAL, what);
	if (!json_object_is_type(object, json_type_object))
		return failure_set(&c->failure, -EINVAL, "the %s are not a JSON object", what);
	*ret = take_ptr(object);
	return 0;
}

/* @method with its interface; uses @buffer if the interface has to be added. */
static const char *full_name(const char *method, char *buffer, size_t size)
{
	if (strchr(method, '.'))
		return method;
	snprintf(buffer, size, "%s.%s", MANAGER_INTERFACE, method);
	return buffer;
}

int iouctl_call(struct iouctl *c, const char *method, const char *parameters, const int *fds,
		size_t n_fds, char **ret_reply, int **ret_fds, size_t *ret_n_fds)
{
	_cleanup_(reply_done) struct reply reply = {};
	_cleanup_json_ struct json_object *object = NULL;
	char buffer[256];
	char *text;
	int r;

	if (!method || method[0] == '\0' || strlen(method) > 128)
		return failure_set(&c->failure, -EINVAL,
				   "no method to call, or a name of more than 128 bytes");
	if (parameters) {
		r = connection_parse(c, "parameters", parameters, &object);
		if (r < 0)
			return r;
	}
	r = connection_call(c, full_name(method, buffer, sizeof(buffer)), object, fds, n_fds,
			    &reply);
	if (r < 0)
		return r;
	r = json_print(reply.parameters, false, &text);
	if (r < 0)
		return failure_set(&c->failure, r, "%s: not enough memory for the reply", method);
	*ret_reply = text;
	if (!ret_fds)
		return 0;
	*ret_fds = reply.fds.fds;
	*ret_n_fds = reply.fds.n;
	reply.fds = (struct schema_fds){};
	return 0;
}
