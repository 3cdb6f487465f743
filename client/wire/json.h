/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json.h - the little that other rooms need of JSON values; json-c is seen by this room only
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"

struct json_object;
struct note;

/*
 * Values in one text, and containers among them. An empty object takes 800 bytes of memory and two
 * of text, so a limit on the text alone would not bound what a message can make us allocate.
 */
#define JSON_VALUES_MAX	    (1u << 17)
#define JSON_CONTAINERS_MAX (1u << 15)

/*
 * Parses @n bytes that hold one JSON value and nothing else: RFC 8259 without leniency, valid
 * UTF-8, at most MANAGER_DEPTH_MAX levels, no NUL in a text, integers between INT64_MIN and
 * UINT64_MAX. FAULT_MESSAGE_REFUSED says what is wrong, and where. The caller puts the value.
 */
int json_parse(const char *text, size_t n, struct note *note, struct json_object **ret);

/* Drops a reference; NULL is fine. */
void json_put(struct json_object *value);
DEFINE_CLEANUP(json_put, struct json_object)
#define _cleanup_json_ _cleanup_(json_putp)

/* The value as JSON text, on one line or indented; the caller frees. */
int json_print(struct json_object *value, bool indented, char **ret);

/* A copy that shares nothing with @value. -EINVAL: it does not hold what json_parse() takes. */
int json_copy(struct json_object *value, struct json_object **ret);

/*
 * The members of @object that @wanted wants, which sees each as an object of its own; the caller
 * puts *ret, which shares its members with @object.
 */
int json_select(struct json_object *object, bool (*wanted)(void *arg, struct json_object *single),
		void *arg, struct json_object **ret);

/* An object without members. */
bool json_is_empty(struct json_object *object);

/*
 * A string of the @n bytes at @bytes, or of those before a NUL. Bytes that are not UTF-8 become
 * U+FFFD: what a program or another process wrote must not make our own messages invalid. NULL: no
 * memory.
 */
struct json_object *json_new_text(const char *bytes, size_t n);

/* Adds @value to @object under @name; takes over the caller's reference even on failure. */
int json_add(struct json_object *object, const char *name, struct json_object *value);
/* The same for an array. */
int json_append(struct json_object *array, struct json_object *value);
/* What is in an array, borrowed from it; the caller frees the list. */
int json_elements(struct json_object *array, struct json_object ***ret, size_t *ret_n);

/* The value as text for a fault's note: JSON, shortened. NULL: no memory, or no value. */
char *json_describe(struct json_object *value);

#endif
