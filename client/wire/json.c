/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/json.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/json-check.h"
#include "wire/manager.h"

#define DESCRIBE_MAX 128 /* bytes of a value in a note */

struct json_object *json_new_text(const char *bytes, size_t n)
{
	static const char replacement[] = "\xef\xbf\xbd";
	_cleanup_free_ char *clean = NULL;
	size_t length, used = 0, bad = 0;

	n = strnlen(bytes, n);
	if (n > INT_MAX / 3)
		return NULL;
	for (size_t i = 0; i < n; i += length) {
		length = json_utf8_sequence((const unsigned char *)bytes + i, n - i);
		if (length == 0)
			bad++, length = 1;
	}
	if (bad == 0)
		return json_object_new_string_len(bytes, (int)n);

	clean = malloc(n + 2 * bad + 1);
	if (!clean)
		return NULL;
	for (size_t i = 0; i < n; i += length) {
		length = json_utf8_sequence((const unsigned char *)bytes + i, n - i);
		memcpy(clean + used, length ? bytes + i : replacement, length ?: 3);
		used += length ?: 3;
		length = length ?: 1;
	}
	return json_object_new_string_len(clean, (int)used);
}

static int refuse(struct note *note, const char *reason, size_t at)
{
	char text[160];

	snprintf(text, sizeof(text), "invalid JSON: %s, at byte %zu", reason, at);
	return fault_message_refused(note, text);
}

int json_parse(const char *text, size_t n, struct note *note, struct json_object **ret)
{
	return json_parse_within(text, n, JSON_CONTAINERS_MAX, note, ret);
}

int json_parse_within(const char *text, size_t n, size_t max_containers, struct note *note,
		      struct json_object **ret)
{
	struct json_tokener *tokener;
	struct json_object *value;
	enum json_tokener_error error;
	const char *reason;
	size_t at = 0;

	if (n > INT_MAX)
		return fault_message_refused(note, "it is larger than the protocol allows");
	reason = json_check(text, n, max_containers, &at);
	if (reason)
		return refuse(note, reason, at);

	/* json-c counts one more level than MANAGER_DEPTH_MAX does */
	tokener = json_tokener_new_ex(MANAGER_DEPTH_MAX + 2);
	if (!tokener)
		return -ENOMEM;
	value = json_tokener_parse_ex(tokener, text, (int)n);
	/* json-c takes a number as complete only when something follows it */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		value = json_tokener_parse_ex(tokener, "", 1);
	error = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (error == json_tokener_error_memory)
		return -ENOMEM;
	if (error != json_tokener_success)
		return refuse(note, json_tokener_error_desc(error), n);
	if (!value)
		return refuse(note, "a value other than null is required", 0);
	*ret = value;
	return 0;
}

void json_put(struct json_object *value)
{
	json_object_put(value);
}

int json_print(struct json_object *value, bool indented, char **ret)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;
	char *copy;

	flags |= indented ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
			  : JSON_C_TO_STRING_PLAIN;
	text = json_object_to_json_string_ext(value, flags);
	copy = text ? strdup(text) : NULL;
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int json_add(struct json_object *object, const char *name, struct json_object *value)
{
	if (!value || json_object_object_add(object, name, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int json_append(struct json_object *array, struct json_object *value)
{
	if (!value || json_object_array_add(array, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int json_elements(struct json_object *array, struct json_object ***ret, size_t *ret_n)
{
	size_t n = json_object_array_length(array);
	struct json_object **elements = calloc(n ?: 1, sizeof(*elements));

	if (!elements)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		elements[i] = json_object_array_get_idx(array, i);
	*ret = elements;
	*ret_n = n;
	return 0;
}

char *json_describe(struct json_object *value)
{
	const char *text;
	size_t n;
	char *copy;

	if (!value)
		return NULL;
	switch (json_object_get_type(value)) {
	case json_type_object:
		return strdup("an object");
	case json_type_array:
		return strdup("an array");
	default:
		text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE);
	}
	if (!text)
		return NULL;
	n = strlen(text);
	if (n <= DESCRIBE_MAX)
		return strdup(text);
	n = DESCRIBE_MAX;
	while (((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	copy = malloc(n + sizeof("..."));
	if (copy) {
		memcpy(copy, text, n);
		strcpy(copy + n, "...");
	}
	return copy;
}

/* By its text, because the caller could still change a value that shares parts. */
int json_copy(struct json_object *value, struct json_object **ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = json_print(value, false, &text);
	if (r < 0)
		return r;
	r = json_parse(text, strlen(text), NULL, ret);
	return r > 0 ? -EINVAL : r;
}

/* A member may be null, which json-c has as NULL. */
static int add_shared(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, json_object_get(value)) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

int json_select(struct json_object *object, bool (*keep)(void *arg, struct json_object *single),
		void *arg, struct json_object **ret)
{
	_cleanup_json_ struct json_object *selected = json_object_new_object();
	int r;

	if (!selected)
		return -ENOMEM;
	json_object_object_foreach(object, name, value) {
		_cleanup_json_ struct json_object *single = json_object_new_object();

		if (!single)
			return -ENOMEM;
		r = add_shared(single, name, value);
		if (r == 0 && keep(arg, single))
			r = add_shared(selected, name, value);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(selected);
	return 0;
}

bool json_is_empty(struct json_object *object)
{
	return json_object_object_length(object) == 0;
}
