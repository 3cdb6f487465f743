/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * schema-idl.c - prints the tables as a Varlink interface description
 */
#include "wire/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS	  96
#define TYPES_MAX 64

/* The named types of an interface, each once, in the order of their first use. */
struct types {
	const struct schema_type *met[TYPES_MAX];
	size_t n;
};

static int collect(struct types *types, const struct schema_type *type)
{
	int r;

	for (size_t i = 0; i < types->n; i++)
		if (types->met[i] == type)
			return 0;
	if (type->name) {
		if (types->n == TYPES_MAX)
			return -E2BIG;
		types->met[types->n++] = type;
	}
	for (const struct schema_field *field = type->fields; field->name; field++) {
		if (!field->type)
			continue;
		r = collect(types, field->type);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Prints @text as comment lines, wrapped at spaces. */
static void print_comment(FILE *out, const char *indent, const char *text)
{
	while (text && *text) {
		size_t room = COLUMNS - strlen(indent) - 2;
		size_t n = strlen(text);

		if (n > room) {
			for (n = room; n > 0 && text[n] != ' ';)
				n--;
			if (n == 0)
				n = strcspn(text, " ");
		}
		fprintf(out, "%s# %.*s\n", indent, (int)n, text);
		text += n;
		text += *text == ' ';
	}
}

static void print_type_of(FILE *out, const struct schema_field *field)
{
	if (field->optional || field->kind == SCHEMA_OPTIONAL_INT)
		fputc('?', out);
	switch (field->kind) {
	case SCHEMA_BOOL:
		fputs("bool", out);
		break;
	case SCHEMA_INT:
	case SCHEMA_OPTIONAL_INT:
	case SCHEMA_FD:
		fputs("int", out);
		break;
	case SCHEMA_TEXT:
		fputs("string", out);
		break;
	case SCHEMA_CHOICE:
		for (size_t i = 0; field->choices[i]; i++)
			fprintf(out, "%s%s", i ? ", " : "(", field->choices[i]);
		fputc(')', out);
		break;
	case SCHEMA_OBJECT:
		fputs("object", out);
		break;
	case SCHEMA_STRUCT:
		fputs(field->type->name, out);
		break;
	case SCHEMA_TEXTS:
		fputs("[]string", out);
		break;
	case SCHEMA_STRUCTS:
	case SCHEMA_OBJECTS:
		fprintf(out, "[]%s", field->type->name);
		break;
	}
}

static void print_fields(FILE *out, const struct schema_field *fields)
{
	fputc('(', out);
	for (const struct schema_field *field = fields; field->name; field++) {
		fputs(field == fields ? "\n" : ",\n", out);
		print_comment(out, "\t", field->help);
		fprintf(out, "\t%s: ", field->name);
		print_type_of(out, field);
	}
	fputs(fields->name ? "\n)" : ")", out);
}

static int print(FILE *out, const struct schema_interface *interface, struct types *types)
{
	int r;

	for (const struct schema_method *method = interface->methods; method->name; method++) {
		r = collect(types, method->input);
		if (r == 0)
			r = collect(types, method->output);
		if (r < 0)
			return r;
	}
	print_comment(out, "", interface->help);
	fprintf(out, "interface %s\n", interface->name);
	for (size_t i = 0; i < types->n; i++) {
		fputc('\n', out);
		print_comment(out, "", types->met[i]->help);
		fprintf(out, "type %s ", types->met[i]->name);
		print_fields(out, types->met[i]->fields);
		fputc('\n', out);
	}
	for (const struct schema_method *method = interface->methods; method->name; method++) {
		fputc('\n', out);
		print_comment(out, "", method->help);
		if (method->more)
			print_comment(out, "", "[Requires 'more' flag]");
		fprintf(out, "method %s", method->name);
		print_fields(out, method->input->fields);
		fputs(" -> ", out);
		print_fields(out, method->output->fields);
		fputc('\n', out);
	}
	for (const struct schema_error *error = interface->errors; error->name; error++) {
		fputc('\n', out);
		print_comment(out, "", error->help);
		fprintf(out, "error %s ", error->name);
		print_fields(out, error->fields);
		fputc('\n', out);
	}
	return 0;
}

int schema_print_idl(const struct schema_interface *interface, char **ret)
{
	struct types types = {};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return -ENOMEM;
	r = print(out, interface, &types);
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0) {
		free(text);
		return r;
	}
	*ret = text;
	return 0;
}

const struct schema_method *schema_find_method(const struct schema_interface *interface,
					       const char *name)
{
	for (const struct schema_method *method = interface->methods; method->name; method++)
		if (strcmp(method->name, name) == 0)
			return method;
	return NULL;
}
