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

static size_t count_values(struct layout_fields in);

static size_t count_in_field(const struct layout_field *field, bool element)
{
	size_t n = 1;

	if (field->kind == LAYOUT_STRUCT)
		n = count_values((struct layout_fields){field->fields, field->n_fields});
	return element ? n : layout_elements(field) * n;
}

/* The values that read_struct() reads. */
static size_t count_values(struct layout_fields in)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++)
		if (in.fields[i].access != LAYOUT_PRIVATE)
			n += count_in_field(&in.fields[i], false);
	return n;
}

static int refuse_path(struct layout_fields all, const char *path, struct note *note)
{
	_cleanup_free_ char *expected = layout_list_names(all, "a path into ");

	return fault_invalid_parameter(note, "fields", path, expected);
}

/* Reads each value once at most, so that the cost does not depend on the number of paths. */
static int read_paths(const struct layout *layout, const char *bytes, const char *const *paths,
		      size_t n_paths, struct note *note, struct json_object *object)
{
	const struct layout_fields all = {layout->fields, layout->n_fields};
	size_t left = count_values(all);
	int r = 0;

	for (size_t i = 0; i < n_paths && r == 0; i++) {
		const struct layout_field *field;
		struct json_object *value = NULL;
		enum layout_access access;
		uint32_t offset;
		bool element;
		size_t n;

		field = layout_follow(layout, paths[i], &offset, &element, &access);
		if (!field)
			return refuse_path(all, paths[i], note);
		n = count_in_field(field, element);
		if (n > left || json_object_object_get_ex(object, paths[i], NULL))
			return fault_invalid_parameter(note, "fields", paths[i],
						       "each field once, alone or in a struct or "
						       "array");
		left -= n;
		r = read_field(field, element, bytes + offset, &value);
		if (r == 0)
			r = json_add(object, paths[i], value);
	}
	return r;
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
	r = read_paths(layout, bytes, names, n_names, note, object);
	if (r == 0)
		*ret = take_ptr(object);
	return r;
}
