/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout-read.c - reads the bytes of a parameter struct as JSON
 */
#include "layout/layout.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "layout/layout-access.h"

/* Copies the text first, because others may write it during the conversion. */
static struct json_object *read_text(const struct layout_field *field, const char *at)
{
	_cleanup_free_ char *copy = malloc(field->size);

	if (!copy)
		return NULL;
	for (uint32_t i = 0; i < field->size; i++)
		copy[i] = (char)layout_load(at + i, 1);
	return json_new_text(copy, field->size);
}

/* The name of the value, or its number if it has no name. */
static struct json_object *read_enum(const struct layout_field *field, const char *at)
{
	uint64_t number = layout_load(at, field->size);
	unsigned int unused = 64 - 8 * field->size;

	for (size_t i = 0; i < field->n_values; i++)
		if ((uint64_t)field->values[i].number << unused == number << unused)
			return json_new_text(field->values[i].name, strlen(field->values[i].name));
	return json_object_new_uint64(number);
}

static int read_struct(struct layout_fields in, const char *bytes, struct json_object **ret);

static int read_element(const struct layout_field *field, const char *at, struct json_object **ret)
{
	struct json_object *value = NULL;
	uint64_t number;

	switch (field->kind) {
	case LAYOUT_BOOL:
		value = json_object_new_boolean(layout_load(at, 1) != 0);
		break;
	case LAYOUT_SIGNED:
		value = json_object_new_int64((int64_t)layout_load_number(field, at));
		break;
	case LAYOUT_UNSIGNED:
		number = layout_load_number(field, at);
		value = number > INT64_MAX ? json_object_new_uint64(number)
					   : json_object_new_int64((int64_t)number);
		break;
	case LAYOUT_TEXT:
		value = read_text(field, at);
		break;
	case LAYOUT_ENUM:
		value = read_enum(field, at);
		break;
	case LAYOUT_STRUCT:
		return read_struct((struct layout_fields){field->fields, field->n_fields}, at, ret);
	}
	if (!value)
		return -ENOMEM;
	*ret = value;
	return 0;
}

static int read_field(const struct layout_field *field, bool element, const char *at,
		      struct json_object **ret)
{
	_cleanup_json_ struct json_object *array = NULL;
	int r;

	if (field->count == 0 || element)
		return read_element(field, at, ret);
	array = json_object_new_array_ext((int)field->count);
	if (!array)
		return -ENOMEM;
	for (uint32_t i = 0; i < field->count; i++) {
		struct json_object *value = NULL;

		r = read_element(field, at + (size_t)i * field->size, &value);
		if (r == 0)
			r = json_append(array, value);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(array);
	return 0;
}

static int read_struct(struct layout_fields in, const char *bytes, struct json_object **ret)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();
	int r;

	if (!object)
		return -ENOMEM;
	for (size_t i = 0; i < in.n; i++) {
		const struct layout_field *field = &in.fields[i];
		struct json_object *value = NULL;

		if (field->access == LAYOUT_PRIVATE)
			continue;
		r = read_field(field, false, bytes + field->offset, &value);
		if (r == 0)
			r = json_add(object, field->name, value);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(object);
	return 0;
}

static int read_path(const struct layout *layout, const char *bytes, const char *path,
		     struct note *note, struct json_object **ret)
{
	_cleanup_free_ char *expected = NULL;
	enum layout_access access;
	const struct layout_field *field;
	uint32_t offset;
	bool element;

	field = layout_follow(layout, path, &offset, &element, &access);
	if (field)
		return read_field(field, element, bytes + offset, ret);
	expected = layout_list_names((struct layout_fields){layout->fields, layout->n_fields},
				     "a path into ");
	return fault_invalid_parameter(note, "fields", path, expected);
}

int layout_read(const struct layout *layout, const void *bytes, const char *const *names,
		size_t n_names, struct note *note, struct json_object **ret)
{
	_cleanup_json_ struct json_object *object = NULL;
	int r;

	if (n_names == 0)
		return read_struct((struct layout_fields){layout->fields, layout->n_fields}, bytes,
				   ret);
	object = json_object_new_object();
	if (!object)
		return -ENOMEM;
	for (size_t i = 0; i < n_names; i++) {
		struct json_object *value = NULL;

		r = read_path(layout, bytes, names[i], note, &value);
		if (r == 0)
			r = json_add(object, names[i], value);
		if (r != 0)
			return r;
	}
	*ret = take_ptr(object);
	return 0;
}
