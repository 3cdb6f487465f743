/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers with suffixes; options and arguments of a command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli.h"

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t number;
	} rows[] = {
		{"0", true, 0},
		{"16", true, 16},
		{"0x10", true, 16},
		{"64K", true, 65536},
		{"3M", true, 3u << 20},
		{"2G", true, 2ull << 30},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"17179869184G", false, 0}, /* 2^64 */
		{"17179869183G", true, 17179869183ull << 30},
		{"", false, 0},
		{"K", false, 0},
		{"-1", false, 0},
		{" 1", false, 0},
		{"1KB", false, 0},
		{"1k", true, 1024},
		{"2T", true, 2ull << 40},
		{"1P", true, 1ull << 50},
		{"1.5M", true, 3u << 19},
		{"0.25k", true, 256},
		{"1.1K", true, 1126},
		{"17179869183.5G", true, (17179869183ull << 30) + (1u << 29)},
		{"1.5", false, 0},
		{"1.M", false, 0},
		{"010.5M", false, 0},
		{"0x1.8M", false, 0},
		{"1.5MB", false, 0},
		{"1.12345678M", false, 0},
		{"1 ", false, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t number = 77;

		if (cli_number(rows[i].text, &number) != rows[i].valid)
			fail_msg("\"%s\"", rows[i].text);
		assert_int_equal(number, rows[i].valid ? rows[i].number : 77);
	}
}

static int nothing(struct cli *cli)
{
	(void)cli;
	return STATUS_OK;
}

static const struct option_spec options[] = {
	{"set", 'S', "FIELD=VALUE", "a parameter"},
	{"quiet", 'q', NULL, "print nothing"},
	{"name", 0, "NAME", "name of the ring"},
	{0},
};

static const struct command command = {
	"run", "PROGRAM", 1, 1, "Run", NULL, options, nothing,
};

#define PARSE(cli, ...)                                                                            \
	({                                                                                         \
		static char *argv[] = {(char *)"run", __VA_ARGS__, NULL};                          \
		cli_parse(cli, &command, (int)(sizeof(argv) / sizeof(*argv)) - 1, argv);           \
	})

static void options_and_arguments(void **state)
{
	struct cli cli = {0};

	assert_int_equal(PARSE(&cli, "copy", "--set", "a=1", "-q", "-S", "b=2", "--name=x"), 0);
	assert_int_equal(cli.n_arguments, 1);
	assert_string_equal(cli.arguments[0], "copy");
	assert_int_equal(cli.n_options, 4);
	assert_string_equal(cli_option(&cli, "set"), "b=2"); /* the last */
	assert_string_equal(cli.options[0].text, "a=1");
	assert_true(cli_flag(&cli, "quiet"));
	assert_string_equal(cli_option(&cli, "name"), "x");
	assert_false(cli.json);
	free(cli.options);
}

static void common_options(void **state)
{
	struct cli cli = {0};

	assert_int_equal(PARSE(&cli, "--json", "nop", "-s", "/path"), 0);
	assert_true(cli.json);
	assert_string_equal(cli.socket, "/path");
	assert_int_equal(cli.n_options, 0);
	free(cli.options);
}

static void words_after_dashes_are_arguments(void **state)
{
	struct cli cli = {0};

	assert_int_equal(PARSE(&cli, "--", "--quiet"), 0);
	assert_string_equal(cli.arguments[0], "--quiet");
	assert_false(cli_flag(&cli, "quiet"));
	free(cli.options);
}

#define assert_refused(...)                                                                        \
	do {                                                                                       \
		struct cli cli = {0};                                                              \
                                                                                                   \
		assert_int_equal(PARSE(&cli, __VA_ARGS__), STATUS_USAGE);                          \
		free(cli.options);                                                                 \
	} while (0)

static void wrong_command_lines(void **state)
{
	assert_refused("--nonsense", "a");
	assert_refused("a", "--set");
	assert_refused("-q"); /* no PROGRAM */
	assert_refused("a", "b");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(options_and_arguments),
		cmocka_unit_test(common_options),
		cmocka_unit_test(words_after_dashes_are_arguments),
		cmocka_unit_test(wrong_command_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
