/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface descriptions are complete, and systemd's parser accepts them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "wire/manager.h"

static const struct schema_interface *const interfaces[] = {&manager_interface, &service_interface};

static void test_validate(void **state)
{
	if (system("command -v varlinkctl >/dev/null 2>&1") != 0)
		skip();
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *text = NULL;
		FILE *pipe;

		assert_int_equal(schema_print_idl(interfaces[i], &text), 0);
		pipe = popen("varlinkctl validate-idl >/dev/null", "w");
		assert_non_null(pipe);
		assert_true(fputs(text, pipe) >= 0);
		if (pclose(pipe) != 0)
			fail_msg("varlinkctl refuses this:\n%s", text);
	}
}

static void check_help(const char *what, const char *help)
{
	if (!help || !help[0])
		fail_msg("%s has no help", what);
	if (help[strlen(help) - 1] != '.')
		fail_msg("the help of %s is not a sentence: %s", what, help);
}

static void check_fields(const struct schema_field *fields)
{
	for (; fields->name; fields++) {
		check_help(fields->name, fields->help);
		if (fields->kind == SCHEMA_CHOICE)
			assert_non_null(fields->choices);
		if (fields->kind == SCHEMA_STRUCT || fields->kind == SCHEMA_STRUCTS) {
			check_help(fields->type->name, fields->type->help);
			check_fields(fields->type->fields);
		}
	}
}

static void test_help(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		const struct schema_interface *interface = interfaces[i];

		check_help(interface->name, interface->help);
		for (const struct schema_method *m = interface->methods; m->name; m++) {
			check_help(m->name, m->help);
			check_fields(m->input->fields);
			check_fields(m->output->fields);
		}
		for (const struct schema_error *e = interface->errors; e->name; e++) {
			check_help(e->name, e->help);
			check_fields(e->fields);
			assert_non_null(e->message);
		}
	}
}

/* Named types come first, each once, after its help. Optional fields are marked. */
static void test_text(void **state)
{
	static const char *const lines[] = {
		"interface org.iouringd.Manager\n",
		"\n# A ring with its loop program.\ntype Ring (\n",
		"\ttypes: []string",
		"\terrorOffset: ?int",
		"\tstate: (idle, running, done, stopped, failed, unknown)",
		"\tfields: ?[]Field",
		"\tvalues: ?[]EnumValue",
		"method DestroyRing(\n\t# The ring's name, as ListRings has it.\n\tring: string\n) "
		"-> ()\n",
		"method GetStatus() -> (\n",
		"# [Requires 'more' flag]\nmethod Watch(",
		"error RingNotFound (\n\t# The requested name.\n\tring: string\n)\n",
	};
	_cleanup_free_ char *text = NULL;
	const char *at = NULL;

	assert_int_equal(schema_print_idl(&manager_interface, &text), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("not in the description: %s\n%s", lines[i], text);
	at = strstr(text, "type Ring (");
	assert_null(strstr(at + 1, "type Ring ("));
	assert_true(at < strstr(text, "method "));
	assert_null(strstr(strstr(text, "\nmethod "), "\ntype "));
	assert_true(strstr(text, "\nerror ") > strstr(text, "\nmethod Watch"));
	for (const char *line = text; line;
	     line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		assert_true(strcspn(line, "\n") <= 110);
}

static size_t size_of(const struct schema_field *field)
{
	switch (field->kind) {
	case SCHEMA_BOOL:
		return sizeof(bool);
	case SCHEMA_INT:
		return sizeof(int64_t);
	case SCHEMA_OPTIONAL_INT:
		return sizeof(struct optional_int);
	case SCHEMA_FD:
		return sizeof(int);
	case SCHEMA_TEXT:
	case SCHEMA_CHOICE:
	case SCHEMA_OBJECT:
		return sizeof(void *);
	case SCHEMA_STRUCT:
		return field->type->size;
	default:
		return sizeof(struct schema_array);
	}
}

static size_t align(size_t at, size_t size)
{
	size_t unit = size < sizeof(void *) ? size : sizeof(void *);

	return (at + unit - 1) / unit * unit;
}

/* Each member of the struct has one field of its size, in the same order. */
static void check_members(const struct schema_type *type)
{
	size_t at = 0;

	for (const struct schema_field *field = type->fields; field->name; field++) {
		at = align(at, size_of(field));
		if (field->offset != at)
			fail_msg("%s: %s is at %zu, not at %zu", type->name ?: "a message",
				 field->name, field->offset, at);
		at += size_of(field);
		if (field->kind == SCHEMA_STRUCT || field->kind == SCHEMA_STRUCTS)
			check_members(field->type);
	}
	if (type->fields->name)
		assert_int_equal(align(at, sizeof(void *)), type->size);
}

static void test_members(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		for (const struct schema_method *m = interfaces[i]->methods; m->name; m++) {
			check_members(m->input);
			check_members(m->output);
		}
	}
}

static void test_find(void **state)
{
	const struct schema_method *method = schema_find_method(&manager_interface, "Watch");

	assert_non_null(method);
	assert_true(method->more);
	assert_null(schema_find_method(&manager_interface, "watch"));
	assert_null(schema_find_method(&manager_interface, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_validate), cmocka_unit_test(test_help),
		cmocka_unit_test(test_text),	 cmocka_unit_test(test_members),
		cmocka_unit_test(test_find),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("interface descriptions", tests, NULL, NULL);
}
