/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Amounts, times, and text that must not control the terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output.h"

static void amounts_and_rates(void **state)
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

static void durations(void **state)
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

static void print_text(FILE *out, void *arg)
{
	output_text(out, arg);
}

static void print_log(FILE *out, void *arg)
{
	output_log(out, arg);
}

static void print_line(FILE *out, void *arg)
{
	output_line(out, "<%s>", (const char *)arg);
}

static void text_is_escaped(void **state)
{
	char *text =
		printed(print_text, (char *)"a\033]0;b\a\n\tc \xc2\x9b d\xff \xc3\xa9 \xe2\x82");

	assert_string_equal(text,
			    "a\\x1b]0;b\\x07\\x0a\\x09c \\xc2\\x9b d\\xff \xc3\xa9 \\xe2\\x82");
	free(text);
}

static void a_log_keeps_its_lines(void **state)
{
	char *text = printed(print_log, (char *)"a\n\tb\r\033");

	assert_string_equal(text, "a\n\tb\\x0d\\x1b");
	free(text);
}

static void a_line_stays_one_line(void **state)
{
	char *text = printed(print_line, (char *)"a\niouctl: b");

	assert_string_equal(text, "<a\\x0aiouctl: b>\n");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_and_rates),	 cmocka_unit_test(durations),
		cmocka_unit_test(text_is_escaped),	 cmocka_unit_test(a_log_keeps_its_lines),
		cmocka_unit_test(a_line_stays_one_line),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
