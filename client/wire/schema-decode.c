/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * schema-decode.c - decodes JSON objects into C structs; an error has the path of the field
 */
#include "wire/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"
#include "wire/place.h"

struct decoding {
	const struct schema_fds *fds;
	uint64_t used; /* bit n: a field uses the descriptor of index n */
	struct note *note;
};
_Static_assert(MANAGER_FDS_MAX <= 64, "decoding.used has a bit for each descriptor");

static int refuse(struct decoding *d, const struct place *place, struct json_object *value,
		  const char *expected)
{
	_cleanup_free_ char *path = place_text(place), *text = json_describe(value);

	return path ? fault_invalid_parameter(d->note, path, text, expected) : -ENOMEM;
}

static const struct schema_field *find_field(const struct schema_type *type, const char *name)
{
	for (const struct schema_field *field = type->fields; field->name; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

/* "one of a, b, c": the names of @type's fields, or @choices. */
static char *list_names(const struct schema_type *type, const char *const *choices)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (type && !type->fields->name)
		fputs("no parameters", out);
	for (size_t i = 0; type ? type->fields[i].name != NULL : choices[i] != NULL; i++)
		fprintf(out, "%s%s", i ? ", " : "one of ",
			type ? type->fields[i].name : choices[i]);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- scalars ---- */

static int decode_int(struct decoding *d, const struct place *place,
		      const struct schema_field *field, struct json_object *value, int64_t *ret)
{
	bool bounded = field->minimum != 0 || field->maximum != 0;
	char expected[80] = "a signed 64-bit integer";
	int64_t number;

	if (bounded)
		snprintf(expected, sizeof(expected), "an integer from %" PRId64 " to %" PRId64,
			 field->minimum, field->maximum);
	/* json-c stores integers above INT64_MAX as a second kind */
	if (!json_object_is_type(value, json_type_int) || json_object_get_uint64(value) > INT64_MAX)
		return refuse(d, place, value, expected);
	number = json_object_get_int64(value);
	if (bounded && (number < field->minimum || number > field->maximum))
		return refuse(d, place, value, expected);
	*ret = number;
	return 0;
}

static int decode_text(struct decoding *d, const struct place *place, struct json_object *value,
		       const char **ret)
{
	if (!json_object_is_type(value, json_type_string))
		return refuse(d, place, value, "a string");
	*ret = json_object_get_string(value);
	if (strlen(*ret) != (size_t)json_object_get_string_len(value))
		return refuse(d, place, value, "a string without a NUL");
	return 0;
}

static int decode_choice(struct decoding *d, const struct place *place,
			 const struct schema_field *field, struct json_object *value,
			 const char **ret)
{
	_cleanup_free_ char *expected = NULL;
	const char *text = NULL;
	int r = decode_text(d, place, value, &text);

	if (r != 0)
		return r;
	for (size_t i = 0; field->choices[i]; i++) {
		if (strcmp(field->choices[i], text) == 0) {
			*ret = field->choices[i];
			return 0;
		}
	}
	expected = list_names(NULL, field->choices);
	return refuse(d, place, value, expected);
}

static int decode_fd(struct decoding *d, const struct place *place, struct json_object *value,
		     int *ret)
{
	size_t n = d->fds ? d->fds->n : 0;
	char expected[120] = "the index of a descriptor, but none was sent with the message";
	uint64_t index;

	if (n > MANAGER_FDS_MAX)
		n = MANAGER_FDS_MAX;
	if (n > 0)
		snprintf(expected, sizeof(expected),
			 "the index of a descriptor sent with the message, 0 to %zu", n - 1);
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return refuse(d, place, value, expected);
	index = json_object_get_uint64(value);
	if (index >= n)
		return refuse(d, place, value, expected);
	if (d->used & UINT64_C(1) << index)
		return refuse(d, place, value, "a descriptor that no other parameter uses");
	d->used |= UINT64_C(1) << index;
	*ret = d->fds->fds[index];
	return 0;
}

/* ---- arrays and structs ---- */

static int decode_struct(struct decoding *d, const struct place *place,
			 const struct schema_type *type, struct json_object *object, void *ret);

static size_t item_size(const struct schema_field *field)
{
	return field->kind == SCHEMA_STRUCTS ? field->type->size : sizeof(void *);
}

static int decode_item(struct decoding *d, const struct place *place,
		       const struct schema_field *field, struct json_object *value, void *ret)
{
	if (field->kind == SCHEMA_TEXTS)
		return decode_text(d, place, value, ret);
	if (field->kind == SCHEMA_STRUCTS)
		return decode_struct(d, place, field->type, value, ret);
	if (!json_object_is_type(value, json_type_object))
		return refuse(d, place, value, "an object");
	*(struct json_object **)ret = value;
	return 0;
}

/* After a fault, schema_decode() frees what was decoded, by schema_done() on the outermost struct.
 */
static int decode_array(struct decoding *d, const struct place *place,
			const struct schema_field *field, struct json_object *value,
			struct schema_array *ret)
{
	struct place item = *place;
	size_t n, size = item_size(field);
	int r;

	if (!json_object_is_type(value, json_type_array))
		return refuse(d, place, value, "an array");
	n = json_object_array_length(value);
	if (n == 0)
		return 0;
	ret->items = calloc(n, size);
	if (!ret->items)
		return -ENOMEM;
	item.indexed = true;
	for (ret->n = 0; ret->n < n;) {
		item.index = ret->n++;
		r = decode_item(d, &item, field, json_object_array_get_idx(value, item.index),
				(char *)ret->items + item.index * size);
		if (r != 0)
			return r;
	}
	return 0;
}

static int decode_field(struct decoding *d, const struct place *place,
			const struct schema_field *field, struct json_object *value, void *at)
{
	struct optional_int *optional = at;

	switch (field->kind) {
	case SCHEMA_BOOL:
		if (!json_object_is_type(value, json_type_boolean))
			return refuse(d, place, value, "true or false");
		*(bool *)at = json_object_get_boolean(value);
		return 0;
	case SCHEMA_OPTIONAL_INT:
		optional->set = true;
		return decode_int(d, place, field, value, &optional->value);
	case SCHEMA_INT:
		return decode_int(d, place, field, value, at);
	case SCHEMA_TEXT:
		return decode_text(d, place, value, at);
	case SCHEMA_CHOICE:
		return decode_choice(d, place, field, value, at);
	case SCHEMA_FD:
		return decode_fd(d, place, value, at);
	case SCHEMA_OBJECT:
		if (!json_object_is_type(value, json_type_object))
			return refuse(d, place, value, "an object");
		*(struct json_object **)at = value;
		return 0;
	case SCHEMA_STRUCT:
		return decode_struct(d, place, field->type, value, at);
	case SCHEMA_TEXTS:
	case SCHEMA_STRUCTS:
	case SCHEMA_OBJECTS:
		return decode_array(d, place, field, value, at);
	}
	return -EINVAL;
}

static const char *kind_text(enum schema_kind kind)
{
	switch (kind) {
	case SCHEMA_BOOL:
		return "true or false (it is missing)";
	case SCHEMA_INT:
	case SCHEMA_OPTIONAL_INT:
		return "an integer (it is missing)";
	case SCHEMA_TEXT:
	case SCHEMA_CHOICE:
		return "a string (it is missing)";
	case SCHEMA_FD:
		return "the index of a descriptor sent with the message (it is missing)";
	case SCHEMA_OBJECT:
	case SCHEMA_STRUCT:
		return "an object (it is missing)";
	default:
		return "an array (it is missing)";
	}
}

static int decode_struct(struct decoding *d, const struct place *place,
			 const struct schema_type *type, struct json_object *object, void *ret)
{
	int r;

	if (object && !json_object_is_type(object, json_type_object))
		return refuse(d, place, object, "an object");
	if (!object && place)
		return refuse(d, place, NULL, "an object");
	if (object) {
		json_object_object_foreach(object, key, value) {
			struct place unknown = {.outer = place, .name = key};
			_cleanup_free_ char *expected = NULL;

			if (find_field(type, key))
				continue;
			expected = list_names(type, NULL);
			return refuse(d, &unknown, value, expected);
		}
	}
	for (const struct schema_field *field = type->fields; field->name; field++)
		if (field->kind == SCHEMA_FD)
			*(int *)((char *)ret + field->offset) = -1;
	for (const struct schema_field *field = type->fields; field->name; field++) {
		struct place here = {.outer = place, .name = field->name};
		struct json_object *value = NULL;

		if (object)
			json_object_object_get_ex(object, field->name, &value);
		if (value)
			r = decode_field(d, &here, field, value, (char *)ret + field->offset);
		else if (field->optional || field->kind == SCHEMA_OPTIONAL_INT)
			continue;
		else
			r = refuse(d, &here, NULL, kind_text(field->kind));
		if (r != 0)
			return r;
	}
	return 0;
}

int schema_decode(const struct schema_type *type, struct json_object *object,
		  const struct schema_fds *fds, struct note *note, void *ret)
{
	struct decoding d = {.fds = fds, .note = note};
	int r;

	memset(ret, 0, type->size);
	if (object && !json_object_is_type(object, json_type_object))
		return fault_invalid_parameter(note, "parameters", NULL, "an object");
	r = decode_struct(&d, NULL, type, object, ret);
	if (r != 0)
		schema_done(type, ret);
	return r;
}

void schema_done(const struct schema_type *type, void *decoded)
{
	for (const struct schema_field *field = type->fields; field->name; field++) {
		void *at = (char *)decoded + field->offset;
		struct schema_array *array = at;

		if (field->kind == SCHEMA_STRUCT)
			schema_done(field->type, at);
		if (field->kind < SCHEMA_TEXTS)
			continue;
		if (field->kind == SCHEMA_STRUCTS)
			for (size_t i = 0; i < array->n; i++)
				schema_done(field->type,
					    (char *)array->items + i * field->type->size);
		free(array->items);
		*array = (struct schema_array){};
	}
}
