/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout-input.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

static const char *text_of(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* 0 if there is no such number. */
static int64_t number_of(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	return json_object_get_int64(value);
}

static struct json_object *array_of(struct json_object *object, const char *name, size_t *ret_n)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	if (!json_object_is_type(value, json_type_array))
		value = NULL;
	*ret_n = value ? json_object_array_length(value) : 0;
	return value;
}

/* The index of @name's text in @names; the number of names if it is none of them. */
static unsigned int choice_of(struct json_object *object, const char *name,
			      const char *const *names, unsigned int n)
{
	const char *text = text_of(object, name);
	unsigned int i = 0;

	while (i < n && !(text && strcmp(names[i], text) == 0))
		i++;
	return i;
}

static void fill_values(struct json_object *array, size_t n, struct layout_field *field)
{
	field->values = calloc(n ?: 1, sizeof(*field->values));
	field->n_values = field->values ? n : 0;
	for (size_t i = 0; i < field->n_values; i++) {
		struct json_object *value = json_object_array_get_idx(array, i);
		const char *name = text_of(value, "name");

		field->values[i].name = name ? strdup(name) : NULL;
		field->values[i].number = number_of(value, "number");
	}
}

static void fill_fields(struct json_object *array, size_t n, struct layout_field **ret,
			size_t *ret_n);

static void fill_field(struct json_object *object, struct layout_field *field)
{
	static const char *const kinds[] = {"bool", "signed", "unsigned", "text", "enum", "struct"};
	static const char *const accesses[] = {"setting", "fixed", "progress"};
	struct json_object *array, *minimum = NULL;
	const char *name = text_of(object, "name");
	size_t n;

	field->name = name ? strdup(name) : NULL;
	field->kind = choice_of(object, "type", kinds, 6);
	field->access = choice_of(object, "access", accesses, 3);
	field->offset = (uint32_t)number_of(object, "offset");
	field->size = (uint32_t)number_of(object, "size");
	field->count = (uint32_t)number_of(object, "count");
	field->bounded = json_object_object_get_ex(object, "minimum", &minimum);
	field->minimum = number_of(object, "minimum");
	field->maximum = number_of(object, "maximum");
	field->initial = number_of(object, "initial");
	array = array_of(object, "values", &n);
	if (array)
		fill_values(array, n, field);
	array = array_of(object, "fields", &n);
	if (array)
		fill_fields(array, n, &field->fields, &field->n_fields);
}

/* json_parse() bounds the depth. */
static void fill_fields(struct json_object *array, size_t n, struct layout_field **ret,
			size_t *ret_n)
{
	*ret = calloc(n ?: 1, sizeof(**ret));
	*ret_n = *ret ? n : 0;
	for (size_t i = 0; i < *ret_n; i++)
		fill_field(json_object_array_get_idx(array, i), &(*ret)[i]);
}

void layout_input(struct json_object *root, struct layout *ret)
{
	struct json_object *array;
	size_t n;

	*ret = (struct layout){.size = (uint32_t)number_of(root, "size")};
	array = array_of(root, "fields", &n);
	fill_fields(array, n, &ret->fields, &ret->n_fields);
}
