/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault-json.c - a fault and its note as the parameters of an error reply
 */
#include "wire/fault.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/json.h"
#include "wire/tables.h"

#define TEXT_MAX 1024u /* bytes of a text, unless its field has a limit of its own */

/* Shortens a long text at its end, but a log at its start, because the verdict comes last there. */
static struct json_object *text_to_json(const struct schema_field *field, const char *text)
{
	size_t n = strlen(text);
	size_t max = field->text_max ?: TEXT_MAX;

	if (n <= max)
		return json_new_text(text, n);
	if (!field->text_max)
		return json_new_text(text, max);
	text += n - max;
	return json_new_text(strchr(text, '\n') ? strchr(text, '\n') + 1 : text, max);
}

int fault_to_json(int r, const struct note *note, struct json_object **ret)
{
	enum fault fault = r < 0 ? FAULT_INTERNAL : (enum fault)r;
	const struct schema_error *error = fault_describe(fault);
	_cleanup_json_ struct json_object *object = json_object_new_object();

	if (!object)
		return -ENOMEM;
	if (!error)
		return -EINVAL;
	for (size_t i = 0; error->fields[i].name; i++) {
		const struct schema_field *field = &error->fields[i];
		bool known = note && note->fault == fault;
		const char *text = known ? note->texts[i] : NULL;
		struct json_object *value;

		if (r < 0)
			text = manager_errno_text(-r) ?: "unknown error";
		if (!text && field->kind == SCHEMA_TEXT && field->optional)
			continue;
		if (field->kind == SCHEMA_INT)
			value = json_object_new_int64(known ? note->numbers[i] : 0);
		else
			value = text_to_json(field, text ?: "");
		if (json_add(object, field->name, value) < 0)
			return -ENOMEM;
	}
	*ret = take_ptr(object);
	return 0;
}
