/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json.h - operations on JSON values, on top of json-c
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"

struct json_object;
struct note;

/*
 * Limits on the values in one text, and on the objects and arrays among them. An empty object takes
 * about 800 bytes of memory but two bytes of text, so a limit on the text alone would not bound the
 * memory that a message can allocate.
 */
#define JSON_VALUES_MAX		 (1u << 17)
#define JSON_CONTAINERS_MAX	 (1u << 15)
#define JSON_CALL_CONTAINERS_MAX (1u << 11) /* in a call: they cost the service time, too */

/*
 * Parses @n bytes that hold one JSON value other than null and nothing else: strict RFC 8259, valid
 * UTF-8, at most MANAGER_DEPTH_MAX levels, no NUL in a string, integers from INT64_MIN to
 * UINT64_MAX. FAULT_MESSAGE_REFUSED: its note has the reason and the position. The caller puts the
 * value.
 */
int json_parse(const char *text, size_t n, struct note *note, struct json_object **ret);
/* The same with another limit on objects and arrays. */
int json_parse_within(const char *text, size_t n, size_t max_containers, struct note *note,
		      struct json_object **ret);

/* Drops a reference. Accepts NULL. */
void json_put(struct json_object *value);
DEFINE_CLEANUP(json_put, struct json_object)
#define _cleanup_json_ _cleanup_(json_putp)

/* The value as JSON text, on one line or indented; the caller frees it. */
int json_print(struct json_object *value, bool indented, char **ret);

/* Makes a copy that shares nothing with @value. -EINVAL: json_parse() would not accept its text. */
int json_copy(struct json_object *value, struct json_object **ret);

/*
 * Selects the members of @object for which @keep returns true; @keep receives each as an object
 * with that one member. The caller puts *ret, which shares its members with @object.
 */
int json_select(struct json_object *object, bool (*keep)(void *arg, struct json_object *single),
		void *arg, struct json_object **ret);

/* Whether an object has no members. */
bool json_is_empty(struct json_object *object);

/*
 * Makes a string of the @n bytes at @bytes, or of those before a NUL. Replaces bytes that are not
 * UTF-8 by U+FFFD, so that text of a program or another process cannot make a message invalid.
 * NULL: no memory, or too long.
 */
struct json_object *json_new_text(const char *bytes, size_t n);

/* Adds @value to @object as @name. Takes over the caller's reference even on failure. */
int json_add(struct json_object *object, const char *name, struct json_object *value);
/* The same for an array. */
int json_append(struct json_object *array, struct json_object *value);
/* The elements of an array, borrowed from it; the caller frees the list. */
int json_elements(struct json_object *array, struct json_object ***ret, size_t *ret_n);

/*
 * The value as text for a fault's note: shortened JSON, "an object" or "an array". NULL: no memory,
 * or no value. The caller frees it.
 */
char *json_describe(struct json_object *value);

#endif
