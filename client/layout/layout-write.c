/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout-write.c - writes JSON to the bytes of a parameter struct
 *
 * The code runs twice: the first pass, without bytes, only checks; the second stores.
 */
#include "layout/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "wire/place.h"
#include "layout/layout-access.h"

struct writing {
	char *bytes; /* of the whole struct; NULL: only check */
	bool started;
	struct note *note;
};

static int refuse(struct writing *w, const struct place *place, struct json_object *value,
		  const char *expected)
{
	_cleanup_free_ char *path = place_text(place);
	_cleanup_free_ char *text = value ? json_describe(value) : strdup("null");

	return path ? fault_invalid_parameter(w->note, path, text, expected) : -ENOMEM;
}

/* ---- one element ---- */

/* The narrower of the limits of the type and the descriptor, which may exceed the type's. */
static int64_t smallest(const struct layout_field *field)
{
	int64_t number = field->kind == LAYOUT_SIGNED ? INT64_MIN >> (64 - 8 * field->size) : 0;

	return field->bounded && field->minimum > number ? field->minimum : number;
}

static bool only_negative(const struct layout_field *field)
{
	return field->bounded && field->maximum < 0;
}

/* Not for fields that take negative numbers only. */
static uint64_t largest(const struct layout_field *field)
{
	uint64_t number = UINT64_MAX >> (64 - 8 * field->size + (field->kind == LAYOUT_SIGNED));

	return field->bounded && (uint64_t)field->maximum < number ? (uint64_t)field->maximum
								   : number;
}

static bool in_range(const struct layout_field *field, struct json_object *value)
{
	int64_t number = json_object_get_int64(value); /* INT64_MAX if it is larger */

	if (number < smallest(field))
		return false;
	if (only_negative(field))
		return number <= field->maximum;
	return json_object_get_uint64(value) <= largest(field); /* 0 if it is negative */
}

static int write_number(struct writing *w, const struct place *place,
			const struct layout_field *field, struct json_object *value,
			uint32_t offset)
{
	char expected[96];

	if (!json_object_is_type(value, json_type_int) || !in_range(field, value)) {
		if (only_negative(field))
			snprintf(expected, sizeof(expected),
				 "an integer from %" PRId64 " to %" PRId64, smallest(field),
				 field->maximum);
		else
			snprintf(expected, sizeof(expected),
				 "an integer from %" PRId64 " to %" PRIu64, smallest(field),
				 largest(field));
		return refuse(w, place, value, expected);
	}
	if (!w->bytes)
		return 0;
	layout_store(w->bytes + offset, field->size,
		     json_object_get_int64(value) < 0 ? (uint64_t)json_object_get_int64(value)
						      : json_object_get_uint64(value));
	return 0;
}

static int write_bool(struct writing *w, const struct place *place, struct json_object *value,
		      uint32_t offset)
{
	if (!json_object_is_type(value, json_type_boolean))
		return refuse(w, place, value, "true or false");
	if (w->bytes)
		layout_store(w->bytes + offset, 1, json_object_get_boolean(value));
	return 0;
}

static int write_text(struct writing *w, const struct place *place,
		      const struct layout_field *field, struct json_object *value, uint32_t offset)
{
	char expected[64];
	const char *text;
	size_t n;

	snprintf(expected, sizeof(expected), "a string of at most %u bytes, without NUL",
		 field->size);
	if (!json_object_is_type(value, json_type_string))
		return refuse(w, place, value, expected);
	text = json_object_get_string(value);
	n = (size_t)json_object_get_string_len(value);
	if (n > field->size || strlen(text) != n)
		return refuse(w, place, value, expected);
	if (!w->bytes)
		return 0;
	for (uint32_t i = 0; i < field->size; i++)
		layout_store(w->bytes + offset + i, 1, i < n ? (unsigned char)text[i] : 0);
	return 0;
}

static int write_enum(struct writing *w, const struct place *place,
		      const struct layout_field *field, struct json_object *value, uint32_t offset)
{
	const char *name =
		json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
	_cleanup_free_ char *expected = NULL;
	size_t size;
	FILE *out;

	for (size_t i = 0; name && i < field->n_values; i++) {
		if (strcmp(field->values[i].name, name) != 0)
			continue;
		if (w->bytes)
			layout_store(w->bytes + offset, field->size,
				     (uint64_t)field->values[i].number);
		return 0;
	}
	out = open_memstream(&expected, &size);
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < field->n_values; i++)
		fprintf(out, "%s%s", i ? ", " : "one of ", field->values[i].name);
	if (fclose(out) != 0)
		return -ENOMEM;
	return refuse(w, place, value, expected);
}

/* ---- arrays and structs ---- */

static int write_struct(struct writing *w, const struct place *outer, struct layout_fields in,
			enum layout_access access, struct json_object *object, uint32_t offset);

static int write_element(struct writing *w, const struct place *place,
			 const struct layout_field *field, enum layout_access access,
			 struct json_object *value, uint32_t offset)
{
	switch (field->kind) {
	case LAYOUT_BOOL:
		return write_bool(w, place, value, offset);
	case LAYOUT_SIGNED:
	case LAYOUT_UNSIGNED:
		return write_number(w, place, field, value, offset);
	case LAYOUT_TEXT:
		return write_text(w, place, field, value, offset);
	case LAYOUT_ENUM:
		return write_enum(w, place, field, value, offset);
	case LAYOUT_STRUCT:
		if (!json_object_is_type(value, json_type_object))
			return refuse(w, place, value, "an object");
		return write_struct(w, place,
				    (struct layout_fields){field->fields, field->n_fields}, access,
				    value, offset);
	}
	return -EINVAL;
}

static int write_field(struct writing *w, struct place *place, const struct layout_field *field,
		       enum layout_access access, struct json_object *value, uint32_t offset)
{
	char expected[64];
	int r;

	if (access == LAYOUT_PROGRESS)
		return refuse(w, place, value, "no value, because only the program writes it");
	if (access == LAYOUT_FIXED && w->started)
		return refuse(w, place, value, "no change after the ring was started");
	if (field->count == 0)
		return write_element(w, place, field, access, value, offset);

	if (!json_object_is_type(value, json_type_array) ||
	    json_object_array_length(value) != field->count) {
		snprintf(expected, sizeof(expected), "an array of %u elements", field->count);
		return refuse(w, place, value, expected);
	}
	place->indexed = true;
	for (uint32_t i = 0; i < field->count; i++) {
		place->index = i;
		r = write_element(w, place, field, access, json_object_array_get_idx(value, i),
				  offset + i * field->size);
		if (r != 0)
			return r;
	}
	return 0;
}

static int write_struct(struct writing *w, const struct place *outer, struct layout_fields in,
			enum layout_access access, struct json_object *object, uint32_t offset)
{
	json_object_object_foreach(object, key, value) {
		const struct layout_field *field = layout_find(in, key, strlen(key));
		struct place place = {.outer = outer, .name = key};
		enum layout_access effective =
			field ? layout_restrict(access, field) : LAYOUT_PRIVATE;
		int r;

		if (effective == LAYOUT_PRIVATE) {
			_cleanup_free_ char *expected = layout_list_names(in, "one of ");

			return refuse(w, &place, value, expected);
		}
		r = write_field(w, &place, field, effective, value, offset + field->offset);
		if (r != 0)
			return r;
	}
	return 0;
}

int layout_write(const struct layout *layout, struct json_object *object, bool started, void *bytes,
		 struct note *note)
{
	struct layout_fields in = {layout->fields, layout->n_fields};
	const struct place parameters = {.name = "parameters"};
	struct writing w = {.started = started, .note = note};
	int r;

	if (!json_object_is_type(object, json_type_object))
		return fault_invalid_parameter(note, "parameters", NULL, "an object");
	r = write_struct(&w, &parameters, in, LAYOUT_SETTING, object, 0);
	if (r != 0)
		return r;
	w.bytes = bytes;
	return write_struct(&w, &parameters, in, LAYOUT_SETTING, object, 0);
}
