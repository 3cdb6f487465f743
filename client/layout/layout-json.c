/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout-json.c - describes a layout as an array of the IDL's type Field
 */
#include "layout/layout.h"

#include <errno.h>
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

static int add_int(struct json_object *object, const char *name, int64_t number)
{
	return json_add(object, name, json_object_new_int64(number));
}

static int add_text(struct json_object *object, const char *name, const char *text)
{
	return json_add(object, name, json_new_text(text, strlen(text)));
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
