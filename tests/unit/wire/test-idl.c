/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface descriptions: complete, and Varlink to systemd's parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/cleanup.h"
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
			fail_msg("varlinkctl does not take this:\n%s", text);
	}
}

static void check_help(const char *what, const char *help)
{
	if (!help || !help[0])
		fail_msg("%s has no help", what);
	if (help[strlen(help) - 1] != '.')
		fail_msg("the help of %s is no sentence: %s", what, help);
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

/* Named types come first, each once, with its help before it; optional fields have their mark. */
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
		"method DestroyRing(\n\t# The ring's name.\n\tring: string\n) -> ()\n",
		"method GetStatus() -> (\n",
		"# [Requires 'more' flag]\nmethod Watch(",
		"error RingNotFound (\n\t# The name that was asked for.\n\tring: string\n)\n",
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
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_find),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("interface descriptions", tests, NULL, NULL);
}
