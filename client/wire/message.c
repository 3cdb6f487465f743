/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"

/* ---- parsing ---- */

static int get_bool(struct json_object *root, const char *key, struct note *note, bool *ret)
{
	struct json_object *value = NULL;
	char reason[64];

	json_object_object_get_ex(root, key, &value);
	if (value && !json_object_is_type(value, json_type_boolean)) {
		snprintf(reason, sizeof(reason), "\"%s\" is neither true nor false", key);
		return fault_message_refused(note, reason);
	}
	*ret = json_object_get_boolean(value);
	return 0;
}

/* Gets a string; NULL if it is absent. */
static int get_string(struct json_object *root, const char *key, struct note *note,
		      const char **ret)
{
	struct json_object *value = NULL;
	char reason[64];

	json_object_object_get_ex(root, key, &value);
	if (value && !json_object_is_type(value, json_type_string)) {
		snprintf(reason, sizeof(reason), "\"%s\" is not a string", key);
		return fault_message_refused(note, reason);
	}
	*ret = value ? json_object_get_string(value) : NULL;
	return 0;
}

static int get_parameters(struct json_object *root, struct note *note, struct json_object **ret)
{
	json_object_object_get_ex(root, "parameters", ret);
	if (*ret && !json_object_is_type(*ret, json_type_object))
		return fault_message_refused(note, "\"parameters\" is not an object");
	return 0;
}

static int parse_object(const char *text, size_t n, size_t max_bytes, size_t max_containers,
			struct note *note, struct json_object **ret)
{
	_cleanup_json_ struct json_object *root = NULL;
	int r;

	if (n > max_bytes)
		return fault_message_refused(note, "it is larger than the protocol allows");
	r = json_parse_within(text, n, max_containers, note, &root);
	if (r != 0)
		return r;
	if (!json_object_is_type(root, json_type_object))
		return fault_message_refused(note, "it is not an object");
	*ret = take_ptr(root);
	return 0;
}

static int check_keys(struct json_object *root, struct note *note)
{
	static const char *const known[] = {"method", "parameters", "oneway", "more", "upgrade"};

	json_object_object_foreach(root, key, value) {
		char reason[128];
		size_t i = 0;

		(void)value;
		while (i < sizeof(known) / sizeof(*known) && strcmp(known[i], key) != 0)
			i++;
		if (i < sizeof(known) / sizeof(*known))
			continue;
		snprintf(reason, sizeof(reason),
			 "unknown key \"%.32s\"; a call has method, parameters, oneway and more",
			 key);
		return fault_message_refused(note, reason);
	}
	return 0;
}

int message_parse_call(const char *text, size_t n, struct note *note, struct message_call *ret)
{
	_cleanup_json_ struct json_object *root = NULL;
	struct message_call call = {};
	const char *dot;
	bool upgrade = false;
	int r;

	r = parse_object(text, n, MANAGER_CALL_MAX, JSON_CALL_CONTAINERS_MAX, note, &root);
	r = r ?: check_keys(root, note);
	r = r ?: get_string(root, "method", note, &call.method);
	r = r ?: get_parameters(root, note, &call.parameters);
	r = r ?: get_bool(root, "oneway", note, &call.oneway);
	r = r ?: get_bool(root, "more", note, &call.more);
	r = r ?: get_bool(root, "upgrade", note, &upgrade);
	if (r != 0)
		return r;
	if (!call.method)
		return fault_message_refused(note, "it has no \"method\"");
	dot = strrchr(call.method, '.');
	if (!dot || dot == call.method || !dot[1])
		return fault_message_refused(
			note, "its \"method\" does not consist of an interface, a dot and a name");
	if (call.oneway && call.more)
		return fault_message_refused(note, "it is both \"oneway\" and \"more\"");
	if (upgrade)
		return fault_message_refused(note, "\"upgrade\" is not supported");
	call.interface_length = (size_t)(dot - call.method);
	call.name = dot + 1;
	call.root = take_ptr(root);
	*ret = call;
	return 0;
}

void message_call_done(struct message_call *call)
{
	json_put(call->root);
	*call = (struct message_call){};
}

int message_parse_reply(const char *text, size_t n, struct note *note, struct message_reply *ret)
{
	_cleanup_json_ struct json_object *root = NULL;
	struct message_reply reply = {};
	int r;

	r = parse_object(text, n, MANAGER_MESSAGE_MAX, JSON_CONTAINERS_MAX, note, &root);
	r = r ?: get_parameters(root, note, &reply.parameters);
	r = r ?: get_string(root, "error", note, &reply.error);
	r = r ?: get_bool(root, "continues", note, &reply.continues);
	if (r != 0)
		return r;
	if (reply.error && reply.continues)
		return fault_message_refused(note, "it has both \"error\" and \"continues\"");
	reply.root = take_ptr(root);
	*ret = reply;
	return 0;
}

void message_reply_done(struct message_reply *reply)
{
	json_put(reply->root);
	*reply = (struct message_reply){};
}

/* ---- building ---- */

static int add_flag(struct json_object *root, const char *key, bool set)
{
	return set ? json_add(root, key, json_object_new_boolean(true)) : 0;
}

static int add_text(struct json_object *root, const char *key, const char *text)
{
	return text ? json_add(root, key, json_new_text(text, strlen(text))) : 0;
}

static int add_parameters(struct json_object *root, struct json_object *parameters)
{
	return json_add(root, "parameters",
			parameters ? json_object_get(parameters) : json_object_new_object());
}

static int print(struct json_object *root, size_t max_bytes, char **ret, size_t *ret_n)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int r = json_print(root, false, &text);

	if (r < 0)
		return r;
	n = strlen(text);
	if (n > max_bytes)
		return -EMSGSIZE;
	*ret = take_ptr(text);
	*ret_n = n;
	return 0;
}

int message_build_call(const char *method, struct json_object *parameters, bool oneway, bool more,
		       char **ret, size_t *ret_n)
{
	_cleanup_json_ struct json_object *root = json_object_new_object();
	int r;

	if (!root)
		return -ENOMEM;
	r = add_text(root, "method", method) ?: add_parameters(root, parameters);
	r = r ?: add_flag(root, "oneway", oneway) ?: add_flag(root, "more", more);
	return r ?: print(root, MANAGER_CALL_MAX, ret, ret_n);
}

static int build_reply(const char *error, struct json_object *parameters, bool continues,
		       char **ret, size_t *ret_n)
{
	_cleanup_json_ struct json_object *root = json_object_new_object();
	int r;

	if (!root)
		return -ENOMEM;
	r = add_text(root, "error", error) ?: add_parameters(root, parameters);
	r = r ?: add_flag(root, "continues", continues);
	return r ?: print(root, MANAGER_MESSAGE_MAX, ret, ret_n);
}

int message_build_reply(struct json_object *parameters, bool continues, char **ret, size_t *ret_n)
{
	return build_reply(NULL, parameters, continues, ret, ret_n);
}

int message_build_fault(int r, const struct note *note, char **ret, size_t *ret_n)
{
	_cleanup_json_ struct json_object *parameters = NULL;
	int e = fault_to_json(r, note, &parameters);

	if (e < 0)
		return e;
	return build_reply(fault_name(r < 0 ? FAULT_INTERNAL : (enum fault)r), parameters, false,
			   ret, ret_n);
}
