/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout-json.c - a layout as an array of the IDL's type Field, and back
 */
#include "layout/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "iourd/abi.h"
#include "wire/json.h"
#include "layout/layout-access.h"
#include "wire/tables.h"

static const char *const kinds[] = {
	[LAYOUT_BOOL] = "bool",
	[LAYOUT_SIGNED] = "signed",
	[LAYOUT_UNSIGNED] = "unsigned",
	[LAYOUT_TEXT] = "text",
	[LAYOUT_ENUM] = "enum",
	[LAYOUT_STRUCT] = "struct",
	NULL,
};

static const char *const accesses[] = {
	[LAYOUT_SETTING] = "setting",
	[LAYOUT_FIXED] = "fixed",
	[LAYOUT_PROGRESS] = "progress",
	NULL,
};

/* ---- to JSON ---- */

static int add_int(struct json_object *object, const char *name, int64_t number)
{
	return json_add(object, name, json_object_new_int64(number));
}

static int add_text(struct json_object *object, const char *name, const char *text)
{
	return json_add(object, name, json_text(text, strlen(text)));
}

static int fields_to_json(struct layout_fields in, enum layout_access outer,
			  struct json_object **ret);

static int values_to_json(const struct layout_field *field, struct json_object **ret)
{
	_cleanup_json_ struct json_object *values = json_object_new_array();

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < field->n_values; i++) {
		_cleanup_json_ struct json_object *value = json_object_new_object();

		if (!value || add_text(value, "name", field->values[i].name) < 0 ||
		    add_int(value, "number", field->values[i].number) < 0 ||
		    json_append(values, json_object_get(value)) < 0)
			return -ENOMEM;
	}
	*ret = take_ptr(values);
	return 0;
}

static int field_to_json(const struct layout_field *field, enum layout_access access,
			 struct json_object **ret)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();
	struct json_object *nested = NULL;
	int r;

	if (!object)
		return -ENOMEM;
	r = add_text(object, "name", field->name) ?: add_text(object, "type", kinds[field->kind]);
	r = r ?: add_int(object, "offset", field->offset) ?: add_int(object, "size", field->size);
	if (r == 0 && field->count)
		r = add_int(object, "count", field->count);
	r = r ?: add_text(object, "access", accesses[access]);
	if (r == 0 && field->unit != IOURD_UNIT_NONE)
		r = add_text(object, "unit", manager_unit_text(field->unit));
	if (r == 0 && field->bounded)
		r = add_int(object, "minimum", field->minimum)
			    ?: add_int(object, "maximum", field->maximum);
	if (r == 0 && field->initial)
		r = add_int(object, "initial", field->initial);
	if (r == 0 && field->help)
		r = add_text(object, "help", field->help);
	if (r == 0 && field->n_values)
		r = values_to_json(field, &nested) ?: json_add(object, "values", nested);
	if (r == 0 && field->kind == LAYOUT_STRUCT)
		r = fields_to_json((struct layout_fields){field->fields, field->n_fields}, access,
				   &nested)
			    ?: json_add(object, "fields", nested);
	if (r < 0)
		return r;
	*ret = take_ptr(object);
	return 0;
}

static int fields_to_json(struct layout_fields in, enum layout_access outer,
			  struct json_object **ret)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();
	int r;

	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < in.n; i++) {
		enum layout_access access = layout_restrict(outer, &in.fields[i]);
		struct json_object *field = NULL;

		if (access == LAYOUT_PRIVATE)
			continue;
		r = field_to_json(&in.fields[i], access, &field) ?: json_append(array, field);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(array);
	return 0;
}

int layout_to_json(const struct layout *layout, struct json_object **ret)
{
	return fields_to_json((struct layout_fields){layout->fields, layout->n_fields},
			      LAYOUT_SETTING, ret);
}

/* ---- from JSON: of a daemon that need not be ours ---- */

static int get_text(struct json_object *object, const char *name, bool optional, char **ret)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	if (!value && optional)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return -EBADMSG;
	*ret = strdup(json_object_get_string(value));
	return *ret ? 0 : -ENOMEM;
}

/* *@found (may be NULL: it must be there) says whether it is. */
static int get_int(struct json_object *object, const char *name, int64_t minimum, int64_t maximum,
		   bool *found, int64_t *ret)
{
	struct json_object *value = NULL;
	int64_t number;

	json_object_object_get_ex(object, name, &value);
	if (found)
		*found = value != NULL;
	if (!value && found)
		return 0;
	if (!json_object_is_type(value, json_type_int))
		return -EBADMSG;
	number = json_object_get_int64(value);
	if (number < minimum || number > maximum)
		return -EBADMSG;
	*ret = number;
	return 0;
}

static int get_u32(struct json_object *object, const char *name, bool optional, uint32_t *ret)
{
	int64_t number = 0;
	bool found;
	int r = get_int(object, name, 0, UINT32_MAX, optional ? &found : NULL, &number);

	*ret = (uint32_t)number;
	return r;
}

/* The index in @names of the text called @name. */
static int get_choice(struct json_object *object, const char *name, const char *const *names,
		      unsigned int *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = get_text(object, name, false, &text);

	if (r < 0)
		return r;
	for (unsigned int i = 0; names[i]; i++) {
		if (strcmp(names[i], text) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int values_from_json(struct json_object *array, struct layout_field *field)
{
	size_t n;
	int r;

	if (!json_object_is_type(array, json_type_array))
		return -EBADMSG;
	n = json_object_array_length(array);
	field->values = calloc(n ?: 1, sizeof(*field->values));
	if (!field->values)
		return -ENOMEM;
	for (field->n_values = 0; field->n_values < n;) {
		struct layout_value *value = &field->values[field->n_values];
		struct json_object *object = json_object_array_get_idx(array, field->n_values++);

		r = get_text(object, "name", false, &value->name)
			    ?: get_int(object, "number", INT64_MIN, INT64_MAX, NULL,
				       &value->number);
		if (r < 0)
			return r;
	}
	return 0;
}

static int fields_from_json(struct json_object *array, unsigned int depth,
			    struct layout_field **fields, size_t *n_fields);

static int field_from_json(struct json_object *object, unsigned int depth,
			   struct layout_field *field)
{
	struct json_object *nested = NULL;
	unsigned int kind = 0, access = 0, unit = IOURD_UNIT_NONE;
	bool found;
	int r;

	r = get_text(object, "name", false, &field->name)
		    ?: get_choice(object, "type", kinds, &kind);
	r = r ?: get_choice(object, "access", accesses, &access);
	r = r ?: get_u32(object, "offset", false, &field->offset);
	r = r ?: get_u32(object, "size", false, &field->size);
	r = r ?: get_u32(object, "count", true, &field->count);
	r = r ?: get_int(object, "minimum", INT64_MIN, INT64_MAX, &field->bounded, &field->minimum);
	r = r ?: get_int(object, "maximum", INT64_MIN, INT64_MAX, &found, &field->maximum);
	if (r == 0 && found != field->bounded)
		return -EBADMSG;
	r = r ?: get_int(object, "initial", INT64_MIN, INT64_MAX, &found, &field->initial);
	r = r ?: get_text(object, "help", true, &field->help);
	if (r == 0 && json_object_object_get_ex(object, "unit", &nested))
		r = get_choice(object, "unit", manager_units, &unit);
	if (r == 0 && json_object_object_get_ex(object, "values", &nested))
		r = values_from_json(nested, field);
	if (r == 0 && json_object_object_get_ex(object, "fields", &nested))
		r = fields_from_json(nested, depth + 1, &field->fields, &field->n_fields);
	field->kind = kind;
	field->access = access;
	field->unit = unit;
	return r;
}

static int fields_from_json(struct json_object *array, unsigned int depth,
			    struct layout_field **fields, size_t *n_fields)
{
	size_t n;
	int r;

	if (!json_object_is_type(array, json_type_array) || depth > LAYOUT_DEPTH_MAX)
		return -EBADMSG;
	n = json_object_array_length(array);
	*fields = calloc(n ?: 1, sizeof(**fields));
	if (!*fields)
		return -ENOMEM;
	for (*n_fields = 0; *n_fields < n;) {
		struct json_object *object = json_object_array_get_idx(array, *n_fields);

		if (!json_object_is_type(object, json_type_object))
			return -EBADMSG;
		r = field_from_json(object, depth, &(*fields)[(*n_fields)++]);
		if (r < 0)
			return r;
	}
	return 0;
}

int layout_from_json(struct json_object *fields, uint32_t size, struct layout *ret)
{
	struct layout layout = {.size = size};
	int r = fields_from_json(fields, 1, &layout.fields, &layout.n_fields);

	if (r == 0 && layout_check(&layout) < 0)
		r = -EBADMSG;
	if (r < 0) {
		layout_done(&layout);
		return r;
	}
	*ret = layout;
	return 0;
}
