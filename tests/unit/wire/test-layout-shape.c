/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layouts: description, check, comparison.
 */
#include <errno.h>

#include <json-c/json.h>

#include "example.h"
#include "support.h"

static void test_json(void **state)
{
	_cleanup_json_ struct json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(layout_to_json(&example, &object), 0);
	assert_int_equal(json_print(object, false, &text), 0);
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "hidden"));
	assert_non_null(strstr(text, "{\"name\":\"depth\",\"type\":\"unsigned\",\"offset\":"));
	assert_non_null(strstr(text,
			       "\"access\":\"setting\",\"unit\":\"requests\",\"minimum\":1,"
			       "\"maximum\":64,\"initial\":16,\"help\":\"Requests in flight.\""));
}

#define NAMED(...) {.name = (char *)"a", __VA_ARGS__}

/* layout_check() rejects each in a struct of 16 bytes. */
static void test_bad_fields(void **state)
{
	static struct layout_value nameless[] = {{NULL, 1}};
	static struct layout_field inside = NAMED(.kind = LAYOUT_UNSIGNED, .size = 4);
	static struct layout_field beyond = NAMED(.kind = LAYOUT_UNSIGNED, .offset = 4, .size = 4);
	static struct layout_field bad[] = {
		{.name = NULL, .kind = LAYOUT_UNSIGNED, .size = 4},
		{.name = (char *)"", .kind = LAYOUT_UNSIGNED, .size = 4},
		NAMED(.kind = LAYOUT_STRUCT + 1, .size = 4),
		NAMED(.kind = LAYOUT_UNSIGNED, .size = 3),
		NAMED(.kind = LAYOUT_UNSIGNED, .size = 0),
		NAMED(.kind = LAYOUT_BOOL, .size = 2),
		NAMED(.kind = LAYOUT_TEXT, .size = 0),
		NAMED(.kind = LAYOUT_UNSIGNED, .offset = 13, .size = 4),
		NAMED(.kind = LAYOUT_UNSIGNED, .offset = UINT32_MAX, .size = 4),
		NAMED(.kind = LAYOUT_UNSIGNED, .size = 4, .count = 5),
		NAMED(.kind = LAYOUT_UNSIGNED, .size = 4, .count = 1073741825),
		NAMED(.kind = LAYOUT_ENUM, .size = 4, .values = nameless, .n_values = 1),
		NAMED(.kind = LAYOUT_UNSIGNED, .size = 4, .fields = &inside, .n_fields = 1),
		NAMED(.kind = LAYOUT_STRUCT, .size = 4, .fields = &beyond, .n_fields = 1),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct layout layout = {.size = 16, .fields = &bad[i], .n_fields = 1};

		if (layout_check(&layout) != -EINVAL)
			fail_msg("field %zu was accepted", i);
	}
}

static void test_check(void **state)
{
	struct layout_field chain[LAYOUT_DEPTH_MAX + 1] = {}, many[40] = {};
	struct layout deep = {.size = 4, .fields = chain, .n_fields = 1};
	struct layout wide = {.size = 65536, .fields = many, .n_fields = 40};
	struct layout_field nameless = {.kind = LAYOUT_BOOL, .size = 1};
	const struct layout unnamed = {.size = 4, .fields = &nameless, .n_fields = 1};

	assert_int_equal(layout_check(&example), 0);
	assert_int_equal(layout_check(&unnamed), -EINVAL);
	for (int depth = LAYOUT_DEPTH_MAX; depth <= LAYOUT_DEPTH_MAX + 1; depth++) {
		for (int i = 0; i < depth; i++)
			chain[i] = (struct layout_field){.name = (char *)"s",
							 .kind = LAYOUT_STRUCT,
							 .size = 4,
							 .fields = &chain[i + 1],
							 .n_fields = 1};
		chain[depth - 1] = (struct layout_field){
			.name = (char *)"n", .kind = LAYOUT_SIGNED, .size = 4};
		assert_int_equal(layout_check(&deep), depth > LAYOUT_DEPTH_MAX ? -EINVAL : 0);
	}
	/* overlapping fields: few of them, but millions of values */
	for (int i = 0; i < 40; i++)
		many[i] = (struct layout_field){
			.name = (char *)"m", .kind = LAYOUT_UNSIGNED, .size = 1, .count = 65536};
	assert_int_equal(layout_check(&wide), -EINVAL);
	wide.n_fields = 1;
	assert_int_equal(layout_check(&wide), 0);
	wide.size++;
	assert_int_equal(layout_check(&wide), -EINVAL);
}

/* The deepest layout that is allowed can be described and read within a message. */
static void test_depth_fits(void **state)
{
	struct layout_field chain[LAYOUT_DEPTH_MAX] = {};
	const struct layout deep = {.size = 4, .fields = chain, .n_fields = 1};
	struct layout_value value = {(char *)"v", 1};
	_cleanup_json_ struct json_object *described = NULL, *values = NULL;
	uint32_t bytes = 1;

	for (int i = 0; i < LAYOUT_DEPTH_MAX; i++)
		chain[i] = (struct layout_field){.name = (char *)"s",
						 .kind = LAYOUT_STRUCT,
						 .size = 4,
						 .count = 1,
						 .fields = &chain[i + 1],
						 .n_fields = 1};
	chain[LAYOUT_DEPTH_MAX - 1] = (struct layout_field){.name = (char *)"n",
							    .kind = LAYOUT_ENUM,
							    .size = 4,
							    .count = 1,
							    .values = &value,
							    .n_values = 1};
	assert_int_equal(layout_check(&deep), 0);
	assert_int_equal(layout_to_json(&deep, &described), 0);
	assert_int_equal(layout_read(&deep, &bytes, NULL, 0, NULL, &values), 0);
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *text = NULL, *message = NULL;
		_cleanup_json_ struct json_object *back = NULL;

		assert_int_equal(json_print(i ? values : described, false, &text), 0);
		assert_true(asprintf(&message,
				     i ? "{\"parameters\":{\"parameters\":%s}}"
				       : "{\"parameters\":{\"fields\":%s}}",
				     text) > 0);
		assert_int_equal(json_parse(message, strlen(message), NULL, &back), 0);
	}
}

static void test_compare(void **state)
{
	static const struct {
		const char *field, *reason;
	} differences[] = {
		{"depth", "the new program has \"width\" in its place"},
		{"depth", "it is an unsigned number, but in the new program a signed number"},
		{"depth", "it has 4 bytes, but in the new program 8"},
		{"depth", "it has 1 elements, but in the new program 2"},
		{"depth", "in the new program at 0"},
		{"mode", "the values of the enum differ"},
		{"entries.hidden", "in the new program 2"},
		{"below", "the new program does not have it"},
		{"parameters", "bytes, but in the new program 4096"},
	};
	struct note note = {};

	assert_int_equal(layout_compare(&example, &example, &note), 0);
	for (size_t i = 0; i < sizeof(differences) / sizeof(*differences); i++) {
		struct layout_field changed[EXAMPLE_FIELDS], inner[3];
		struct layout other = {
			.size = example.size, .fields = changed, .n_fields = example.n_fields};
		struct layout_value values[3];
		struct layout_field *depth = &changed[EXAMPLE_DEPTH];

		memcpy(changed, example_fields, sizeof(changed));
		memcpy(inner, example_entry_fields, sizeof(inner));
		memcpy(values, example_modes, sizeof(values));
		changed[EXAMPLE_ENTRIES].fields = inner;
		changed[EXAMPLE_MODE].values = values;
		/* these properties do not matter */
		depth->maximum = 8;
		depth->access = LAYOUT_PRIVATE;
		depth->help = NULL;
		assert_int_equal(layout_compare(&example, &other, &note), 0);
		if (i == 0)
			depth->name = (char *)"width";
		if (i == 1)
			depth->kind = LAYOUT_SIGNED;
		if (i == 2)
			depth->size = 8;
		if (i == 3)
			depth->count = 2;
		if (i == 4)
			depth->offset = 0;
		if (i == 5)
			values[1].number = 6;
		if (i == 6)
			inner[1].size = 2;
		if (i == 7)
			other.n_fields--;
		if (i == 8)
			other.size = 4096;
		assert_int_equal(layout_compare(&example, &other, &note), FAULT_LAYOUT_MISMATCH);
		assert_string_equal(note.texts[0], differences[i].field);
		if (!strstr(note.texts[1], differences[i].reason))
			fail_msg("%s: %s", note.texts[0], note.texts[1]);
		note_done(&note);
		assert_int_equal(layout_compare(&other, &example, NULL), FAULT_LAYOUT_MISMATCH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),	cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_check),	cmocka_unit_test(test_depth_fits),
		cmocka_unit_test(test_compare),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("layout shapes", tests, NULL, NULL);
}
