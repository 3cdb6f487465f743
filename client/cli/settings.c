/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "depth=16" on a command line becomes {"depth": 16}. The program's fields determine whether a
 * value is a number, a boolean or a text. The daemon checks ranges.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "enum-name.h"
#include "output.h"
#include "reply.h"

static struct json_object *find_field(struct json_object *fields, const char *name, size_t length)
{
	for (size_t i = 0; i < json_length(fields); i++) {
		struct json_object *field = json_element(fields, i);
		const char *text = json_text(field, "name");

		if (strlen(text) == length && strncmp(text, name, length) == 0)
			return field;
	}
	return NULL;
}

static struct json_object *typed_value(struct json_object *field, const char *text)
{
	const char *type = field ? json_text(field, "type") : "";
	uint64_t number;
	char *end;

	if (*text == '[' || *text == '{')
		return json_tokener_parse(text);
	if (strcmp(type, "enum") == 0)
		return json_object_new_string(enum_long_name(json_member(field, "values"), text)
						      ?: text);
	if (strcmp(type, "text") == 0)
		return json_object_new_string(text);
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return json_object_new_boolean(*text == 't');
	if (strcmp(type, "bool") == 0 &&
	    (strcmp(text, "yes") == 0 || strcmp(text, "on") == 0 || strcmp(text, "1") == 0))
		return json_object_new_boolean(1);
	if (strcmp(type, "bool") == 0 &&
	    (strcmp(text, "no") == 0 || strcmp(text, "off") == 0 || strcmp(text, "0") == 0))
		return json_object_new_boolean(0);
	if (cli_number(text, &number))
		return json_object_new_uint64(number);
	if (*text == '-') {
		errno = 0;
		int64_t negative = strtoll(text, &end, 0);

		if (!errno && end != text && !*end)
			return json_object_new_int64(negative);
	}
	return json_object_new_string(text);
}

/* Adds @word ("a.b=1") to @into, with the objects on its path. */
static bool add_setting(struct json_object *into, struct json_object *fields, const char *word)
{
	const char *equals = strchr(word, '='), *name = word;
	struct json_object *field, *value;

	if (!equals || equals == word)
		return false;
	for (;;) {
		size_t length = strcspn(name, ".=");
		struct json_object *inner;
		char *key;

		if (length == 0)
			return false;
		field = find_field(fields, name, length);
		key = strndup(name, length);
		if (!key)
			abort();
		if (name[length] == '=') {
			value = typed_value(field, equals + 1);
			if (value)
				json_object_object_add(into, key, value);
			free(key);
			return value != NULL;
		}
		inner = json_member(into, key);
		if (!inner || !json_object_is_type(inner, json_type_object)) {
			inner = json_object_new_object();
			json_object_object_add(into, key, inner);
		}
		free(key);
		into = inner;
		fields = field ? json_member(field, "fields") : NULL;
		name += length + 1;
	}
}

int settings_parse(struct json_object *description, const char *const *words, size_t n_words,
		   struct json_object **ret)
{
	struct json_object *parameters = json_object_new_object();

	for (size_t i = 0; i < n_words; i++) {
		if (add_setting(parameters, json_member(description, "fields"), words[i]))
			continue;
		output_error("expected FIELD=VALUE, not \"%s\"; 'iouctl program show %s' lists the "
			     "fields",
			     words[i], json_text(json_member(description, "program"), "name"));
		json_object_put(parameters);
		return STATUS_USAGE;
	}
	*ret = parameters;
	return 0;
}

int cli_settings(struct cli *cli, const char *program, const char *const *words, size_t n_words,
		 struct json_object **ret)
{
	struct json_object *description;
	int r = cli_call(cli, "DescribeProgram", cli_object("program", program), NULL, 0,
			 &description);

	if (r != 0)
		return r;
	r = settings_parse(description, words, n_words, ret);
	json_object_put(description);
	return r;
}
