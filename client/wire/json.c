/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/json.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/manager.h"

#define DESCRIBE_MAX 128 /* bytes of a value in a note */

/* Length of the UTF-8 sequence that @s starts with; 0 if it is none (RFC 3629). */
static size_t utf8_sequence(const unsigned char *s, size_t n)
{
	size_t length;
	uint32_t point;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2, point = s[0] & 0x1f;
	else if ((s[0] & 0xf0) == 0xe0)
		length = 3, point = s[0] & 0x0f;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4, point = s[0] & 0x07;
	else
		return 0;
	if (length > n)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (length == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff)))
		return 0;
	if (length == 4 && (point < 0x10000 || point > 0x10ffff))
		return 0;
	return length;
}

struct json_object *json_text(const char *bytes, size_t n)
{
	static const char replacement[] = "\xef\xbf\xbd";
	_cleanup_free_ char *clean = NULL;
	size_t length, used = 0, bad = 0;

	n = strnlen(bytes, n);
	if (n > INT_MAX / 3)
		return NULL;
	for (size_t i = 0; i < n; i += length) {
		length = utf8_sequence((const unsigned char *)bytes + i, n - i);
		if (length == 0)
			bad++, length = 1;
	}
	if (bad == 0)
		return json_object_new_string_len(bytes, (int)n);

	clean = malloc(n + 2 * bad + 1);
	if (!clean)
		return NULL;
	for (size_t i = 0; i < n; i += length) {
		length = utf8_sequence((const unsigned char *)bytes + i, n - i);
		memcpy(clean + used, length ? bytes + i : replacement, length ?: 3);
		used += length ?: 3;
		length = length ?: 1;
	}
	return json_object_new_string_len(clean, (int)used);
}

/*
 * What json-c's strict mode lets through, and what must be refused before it allocates: NaN and
 * Infinity, \u0000 (keys would end there unnoticed), control characters, and too many values.
 */
static const char *scan(const char *text, size_t n, size_t *ret_at)
{
	size_t values = 0, containers = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		*ret_at = i;
		if (c == '"') {
			quoted = !quoted;
		} else if (quoted) {
			if (c < 0x20)
				return "a control character in a text";
			if (c == '\\' && n - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0)
				return "a NUL in a text";
			if (c == '\\')
				i++;
		} else if (c == 'N' || c == 'I') {
			return "a number that is none";
		} else if (c == '{' || c == '[') {
			if (++containers > JSON_CONTAINERS_MAX)
				return "too many objects and arrays";
		} else if (c == ',') {
			if (++values > JSON_VALUES_MAX)
				return "too many values";
		}
	}
	return NULL;
}

static const char *tokener_reason(enum json_tokener_error error)
{
	switch (error) {
	case json_tokener_error_depth:
		return "more levels than the protocol allows";
	case json_tokener_continue:
		return "it ends too early";
	case json_tokener_error_parse_unexpected:
		return "an unexpected character";
	default:
		return json_tokener_error_desc(error);
	}
}

static int refuse(struct note *note, const char *reason, size_t at)
{
	char text[160];

	snprintf(text, sizeof(text), "not the JSON that is expected: %s at byte %zu", reason, at);
	return fault_message_refused(note, text);
}

int json_parse(const char *text, size_t n, struct note *note, struct json_object **ret)
{
	struct json_tokener *tokener;
	struct json_object *value;
	enum json_tokener_error error;
	const char *reason;
	size_t at = 0;

	if (n > INT_MAX)
		return fault_message_refused(note, "larger than the protocol allows");
	reason = scan(text, n, &at);
	if (reason)
		return refuse(note, reason, at);

	/* json-c counts the level of the innermost values, too */
	tokener = json_tokener_new_ex(MANAGER_DEPTH_MAX + 1);
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, text, (int)n);
	error = json_tokener_get_error(tokener);
	/* a number at the very end is complete only once something follows it */
	if (error == json_tokener_continue && !value) {
		value = json_tokener_parse_ex(tokener, "", 1);
		if (json_tokener_get_error(tokener) == json_tokener_success)
			error = json_tokener_success;
	}
	at = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (error == json_tokener_error_memory)
		return -ENOMEM;
	if (error != json_tokener_success || !value) {
		json_object_put(value);
		return refuse(note, error == json_tokener_success ? "null" : tokener_reason(error), at);
	}
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

	flags |= indented ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
			    JSON_C_TO_STRING_PLAIN;
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
