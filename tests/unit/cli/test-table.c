/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of JSON objects: choice of columns, widths, colors, escaped text, selection for JSON. */
#include <json-c/json.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reply.h"
#include "table.h"

static void print_sum(FILE *cell, struct json_object *row)
{
	fprintf(cell, "%d", (int)(json_number(row, "a") + json_number(row, "b")));
}

static const char *red_if_bad(struct json_object *row)
{
	return strcmp(json_text(row, "name"), "bad") == 0 ? "red" : NULL;
}

static const struct column columns[] = {
	{"NAME", "Name", "name", "the name", .color = red_if_bad},
	{"A", "First", "a", "the first number", COLUMN_NUMBER},
	{"SUM", "Sum", "a b", "both numbers", COLUMN_NUMBER | COLUMN_EXTRA, print_sum},
	{"YES", "Yes or no", "yes", "a boolean", COLUMN_EXTRA},
	{"TEXT", "Text", "text", "some text", COLUMN_WRAP},
	{0},
};

static const char rows_json[] =
	"[{\"name\":\"good\",\"a\":1,\"b\":20,\"yes\":true,\"text\":\"one two three "
	"four\",\"c\":7},"
	" {\"name\":\"bad\",\"a\":1000,\"b\":2,\"yes\":false,\"text\":\"\",\"c\":8}]";

struct fixture {
	struct table_view view;
	struct json_object *reply; /* {"rows": [...]} */
	char *text;		   /* what the last print() printed */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->view.columns = columns;
	f->reply = json_object_new_object();
	json_object_object_add(f->reply, "rows", json_tokener_parse(rows_json));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	json_object_put(f->reply);
	free(f->text);
	free(f);
	return 0;
}

static struct json_object *rows(struct fixture *f)
{
	return json_member(f->reply, "rows");
}

static void choose(struct fixture *f, const char *names)
{
	char *unknown;

	assert_true(table_choose(&f->view, names, &unknown));
}

typedef void print_function(const struct table_view *view, struct json_object *rows, FILE *out);

static const char *print(struct fixture *f, print_function *function, struct json_object *object)
{
	size_t size;
	FILE *out;

	free(f->text);
	f->text = NULL;
	out = open_memstream(&f->text, &size);
	assert_non_null(out);
	function(&f->view, object, out);
	fclose(out);
	return f->text;
}

static void default_columns_and_widths_of_the_widest_cells(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(print(f, table_print, rows(f)), "NAME     A  TEXT\n"
							    "good     1  one two three four\n"
							    "bad   1000  -\n");
}

static void chosen_columns_in_their_order(void **state)
{
	struct fixture *f = *state;

	choose(f, "sum,YES,name");
	assert_string_equal(print(f, table_print, rows(f)), " SUM  YES  NAME\n"
							    "  21  yes  good\n"
							    "1002  no   bad\n");
}

static void an_unknown_column_is_named_and_changes_nothing(void **state)
{
	static const struct {
		const char *names;
		const char *unknown;
	} cases[] = {
		{"NAME,COLOR,A", "COLOR"},
		{"NAM", "NAM"},
		{"NAMES", "NAMES"},
		{"", ""},
		{"NAME,", ""},
		{",A", ""},
		{"NAME A", "NAME A"},
	};
	struct fixture *f = *state;

	choose(f, "A");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *unknown = NULL;

		assert_false(table_choose(&f->view, cases[i].names, &unknown));
		assert_string_equal(unknown, cases[i].unknown);
		free(unknown);
		assert_int_equal(f->view.n_chosen, 1);
	}
}

static void too_many_columns_are_refused(void **state)
{
	char names[2 * (TABLE_COLUMNS_MAX + 1)] = "A", *unknown;
	struct fixture *f = *state;

	for (int i = 1; i < TABLE_COLUMNS_MAX; i++)
		strcat(names, ",A");
	assert_true(table_choose(&f->view, names, &unknown));
	strcat(names, ",A");
	assert_false(table_choose(&f->view, names, &unknown));
	free(unknown);
}

static void the_names_and_meanings_of_columns(void **state)
{
	struct fixture *f = *state;
	char *names = table_names(&f->view), *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_string_equal(names, "NAME, A, SUM, YES, TEXT");
	table_print_columns(&f->view, out);
	fclose(out);
	assert_string_equal(text, "COLUMN  MEANING\n"
				  "NAME    the name\n"
				  "A       the first number\n"
				  "SUM     both numbers\n"
				  "YES     a boolean\n"
				  "TEXT    some text\n");
	free(names);
	free(text);
}

static void a_narrow_terminal_wraps_at_words(void **state)
{
	struct fixture *f = *state;

	f->view.terminal = true;
	f->view.width = 22;
	assert_string_equal(print(f, table_print, rows(f)), "NAME     A  TEXT\n"
							    "good     1  one two\n"
							    "            three four\n"
							    "bad   1000  -\n");
}

static void line_breaks_of_a_text_are_no_rows(void **state)
{
	struct fixture *f = *state;

	f->view.terminal = true;
	f->view.width = 40;
	json_object_object_add(json_element(rows(f), 0), "text",
			       json_object_new_string("one\ntwo"));
	assert_non_null(strstr(print(f, table_print, rows(f)), "    1  one two\n"));
}

static void characters_not_bytes_have_a_width(void **state)
{
	static const char text[] = "\xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9";
	struct fixture *f = *state;

	f->view.terminal = true;
	f->view.width = 19; /* leaves 7 columns */
	json_object_object_add(json_element(rows(f), 0), "text", json_object_new_string(text));
	assert_string_equal(print(f, table_print, rows(f)),
			    "NAME     A  TEXT\n"
			    "good     1  \xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\xc3\xa9\n"
			    "            \xc3\xa9\n"
			    "bad   1000  -\n");
}

static void a_pipe_has_no_width(void **state)
{
	char text[500] = {0};
	struct fixture *f = *state;

	memset(text, 'x', sizeof(text) - 1);
	json_object_object_add(json_element(rows(f), 0), "text", json_object_new_string(text));
	assert_non_null(strstr(print(f, table_print, rows(f)), text));
	assert_non_null(strstr(print(f, table_print_record, json_element(rows(f), 0)), text));
}

static void control_characters_are_escaped(void **state)
{
	static const char *const bad[] = {"\x1b", "\x9b", "\r", "\a", "\x7f"};
	struct fixture *f = *state;
	struct json_object *row = json_element(rows(f), 0);

	json_object_object_add(row, "name", json_object_new_string("x\033[31m\r\a\x7f"));
	json_object_object_add(row, "text",
			       json_object_new_string("a\nb\tc \xc2\x9b"
						      "2J \xc3\xa9"));
	for (int wide = 0; wide <= 1; wide++) {
		f->view.terminal = true;
		f->view.width = wide ? 200 : 40;
		print(f, table_print, rows(f));
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			assert_null(strstr(f->text, bad[i]));
		print(f, table_print_record, row);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			assert_null(strstr(f->text, bad[i]));
	}
	f->view.terminal = false;
	assert_non_null(
		strstr(print(f, table_print, rows(f)),
		       "x\\x1b[31m\\x0d\\x07\\x7f     1  a\\x0ab\\x09c \\xc2\\x9b2J \xc3\xa9\n"));
}

static void colors_only_if_enabled(void **state)
{
	struct fixture *f = *state;

	assert_null(strchr(print(f, table_print, rows(f)), '\033'));
	f->view.color = true;
	print(f, table_print, rows(f));
	assert_non_null(strstr(f->text, "\033[31mbad"));
	assert_null(strstr(f->text, "\033[31mgood"));
	f->view.terminal = true;
	f->view.color = false;
	assert_null(strchr(print(f, table_print, rows(f)), '\033'));
}

static void a_table_without_rows_has_its_headings(void **state)
{
	struct fixture *f = *state;

	json_object_object_add(f->reply, "rows", json_object_new_array());
	assert_string_equal(print(f, table_print, rows(f)), "NAME  A  TEXT\n");
	f->view.terminal = true;
	assert_string_equal(print(f, table_print, rows(f)), "NAME  A  TEXT\n");
}

static void a_record_has_a_line_for_each_column_with_a_value(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(print(f, table_print_record, json_element(rows(f), 1)),
			    "     Name: bad\n"
			    "    First: 1000\n"
			    "      Sum: 1002\n"
			    "Yes or no: no\n");
	choose(f, "TEXT,A");
	assert_string_equal(print(f, table_print_record, json_element(rows(f), 1)),
			    " Text: -\n"
			    "First: 1000\n");
}

static void json_has_all_members_unless_columns_are_chosen(void **state)
{
	struct fixture *f = *state;
	char *before = strdup(json_object_to_json_string(f->reply));

	table_select(&f->view, f->reply, "rows");
	assert_string_equal(json_object_to_json_string(f->reply), before);
	free(before);
	choose(f, "SUM,NAME");
	table_select(&f->view, f->reply, "rows");
	assert_string_equal(json_object_to_json_string_ext(f->reply, JSON_C_TO_STRING_PLAIN),
			    "{\"rows\":[{\"a\":1,\"b\":20,\"name\":\"good\"},{\"a\":1000,\"b\":2,"
			    "\"name\":\"bad\"}]}");
	table_select(&f->view, f->reply, "absent");
	assert_null(json_member(f->reply, "absent"));
}

static void json_of_one_object(void **state)
{
	struct fixture *f = *state;

	json_object_object_add(f->reply, "row", json_tokener_parse("{\"a\":1,\"c\":2}"));
	choose(f, "SUM");
	table_select(&f->view, f->reply, "row");
	assert_string_equal(json_object_to_json_string_ext(json_member(f->reply, "row"),
							   JSON_C_TO_STRING_PLAIN),
			    "{\"a\":1}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(default_columns_and_widths_of_the_widest_cells),
		TEST(chosen_columns_in_their_order),
		TEST(an_unknown_column_is_named_and_changes_nothing),
		TEST(too_many_columns_are_refused),
		TEST(the_names_and_meanings_of_columns),
		TEST(a_narrow_terminal_wraps_at_words),
		TEST(line_breaks_of_a_text_are_no_rows),
		TEST(characters_not_bytes_have_a_width),
		TEST(a_pipe_has_no_width),
		TEST(control_characters_are_escaped),
		TEST(colors_only_if_enabled),
		TEST(a_table_without_rows_has_its_headings),
		TEST(a_record_has_a_line_for_each_column_with_a_value),
		TEST(json_has_all_members_unless_columns_are_chosen),
		TEST(json_of_one_object),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli table", tests, NULL, NULL);
}
