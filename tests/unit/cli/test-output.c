/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people read: amounts, times, tables; hostile texts stay printable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output.h"

static void test_amounts(void **state)
{
	char buffer[OUTPUT_NUMBER_MAX];

	assert_string_equal(output_amount(buffer, 0, "bytes"), "0 B");
	assert_string_equal(output_amount(buffer, 1023, "bytes"), "1023 B");
	assert_string_equal(output_amount(buffer, 1536, "bytes"), "1.5 KiB");
	assert_string_equal(output_amount(buffer, 64u << 20, "bytes"), "64.0 MiB");
	assert_string_equal(output_amount(buffer, UINT64_MAX, "bytes"), "16384.0 PiB");
	assert_string_equal(output_amount(buffer, 7, "requests"), "7 requests");
	assert_string_equal(output_amount(buffer, 7, "none"), "7");
	assert_string_equal(output_rate(buffer, 1048576.0, "bytes"), "1.0 MiB/s");
	assert_string_equal(output_rate(buffer, 12.4, "operations"), "12/s");
}

static void test_durations(void **state)
{
	char buffer[OUTPUT_NUMBER_MAX];

	assert_string_equal(output_duration(buffer, 0), "0:00");
	assert_string_equal(output_duration(buffer, 59.2), "1:00");
	assert_string_equal(output_duration(buffer, 61), "1:01");
	assert_string_equal(output_duration(buffer, 3723), "1:02:03");
	assert_string_equal(output_duration(buffer, 1e300), "277777:46:40");
}

static char *printed(void (*print)(FILE *out, void *arg), void *arg)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print(out, arg);
	fclose(out);
	return text;
}

static void print_table(FILE *out, void *arg)
{
	table_print(arg, out);
}

static void print_text(FILE *out, void *arg)
{
	output_text(out, arg);
}

static void test_table(void **state)
{
	static const char *const headings[] = {"A", "LONGER"};
	struct table *table = table_new(headings, 2);
	char *text;

	table_cell(table, "wide cell");
	table_cell(table, "x\033[31m\n");
	table_cell(table, NULL);
	table_cell(table, "");
	text = printed(print_table, table);
	assert_string_equal(text, "A          LONGER\nwide cell  x?[31m?\n-          -\n");
	free(text);
	table_free(table);
}

static void test_text(void **state)
{
	char *text = printed(print_text, (char *)"a\033]0;b\a\n\tc");

	assert_string_equal(text, "a\\x1b]0;b\\x07\n\tc");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
