/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault-message.c - formats an error of the daemon as one line of text, by the message in its row
 */
#include "wire/fault.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "common/cleanup.h"
#include "wire/tables.h"

/* Untrusted text may go to a terminal: replaces control characters, C1 ones included, by spaces. */
static void put_text(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool c1 = *c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;

		fputc(c1 || *c < 0x20 || *c == 0x7f ? ' ' : *c, out);
		c += c1;
	}
}

/* Prints the field {name} at @at, unless @out is NULL; false if the field is missing. */
static bool put_field(FILE *out, const char *at, struct json_object *parameters)
{
	struct json_object *value = NULL;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "}"), at + 1);
	if (!json_object_object_get_ex(parameters, name, &value) || !value)
		return false;
	if (out)
		put_text(out,
			 json_object_is_type(value, json_type_string)
				 ? json_object_get_string(value)
				 : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	return true;
}

/* Whether all fields in the optional part that starts at @at ('[') are present. */
static bool complete(const char *at, struct json_object *parameters)
{
	for (; *at != ']'; at++)
		if (*at == '{' && !put_field(NULL, at, parameters))
			return false;
	return true;
}

static void put_message(FILE *out, const char *at, struct json_object *parameters)
{
	for (; *at; at++) {
		if (*at == '[' && !complete(at, parameters)) {
			at = strchr(at, ']');
		} else if (*at == '{') {
			if (!put_field(out, at, parameters))
				fputc('?', out);
			at = strchr(at, '}');
		} else if (*at != '[' && *at != ']') {
			fputc(*at, out);
		}
	}
}

char *fault_message(const char *error_name, struct json_object *parameters)
{
	const struct schema_error *error = fault_describe(fault_from_name(error_name));
	size_t size = 0;
	char *text = NULL;
	FILE *out;

	if (!json_object_is_type(parameters, json_type_object))
		parameters = NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	if (error) {
		put_message(out, error->message, parameters);
	} else {
		fputs("iouringd returned the error ", out);
		put_text(out, error_name);
		if (parameters) {
			fputc(' ', out);
			put_text(out, json_object_to_json_string_ext(parameters,
								     JSON_C_TO_STRING_PLAIN));
		}
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
