/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing and reading a struct through its layout.
 */
#include <json-c/json.h>

#include "example.h"
#include "support.h"

static int put(struct example *bytes, const char *text, bool started, struct note *note)
{
	_cleanup_json_ struct json_object *object = json(text);

	return layout_write(&example, object, started, bytes, note);
}

static void assert_read(const struct example *bytes, const char *path, const char *value)
{
	_cleanup_json_ struct json_object *object = NULL, *expected = json(value);
	struct note note = {};

	if (layout_read(&example, bytes, &path, 1, &note, &object) != 0)
		fail_msg("%s: %s", path, note.texts[2]);
	if (!json_object_equal(json_object_object_get(object, path), expected))
		fail_msg("%s is %s, not %s", path, json_object_to_json_string(object), value);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *name, *smallest, *largest, *below, *above;
	} numbers[] = {
		{"s8", "-128", "127", "-129", "128"},
		{"u8", "0", "255", "-1", "256"},
		{"s16", "-32768", "32767", "-32769", "32768"},
		{"u16", "0", "65535", "-1", "65536"},
		{"s32", "-2147483648", "2147483647", "-2147483649", "2147483648"},
		{"u32", "0", "4294967295", "-1", "4294967296"},
		{"s64", "-9223372036854775808", "9223372036854775807", NULL, "9223372036854775808"},
		{"u64", "0", "18446744073709551615", "-1", NULL},
		{"depth", "1", "64", "0", "65"},
		{"below", "-20", "-10", "-21", "-9"},
	};
	struct example bytes = {};
	struct note note = {};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const char *good[] = {numbers[i].smallest, numbers[i].largest};
		const char *bad[] = {numbers[i].below, numbers[i].above,      "1.5", "true", "'1'",
				     "null",	       "18446744073709551615"};
		char text[96], path[64], range[64];

		snprintf(path, sizeof(path), "parameters.%s", numbers[i].name);
		snprintf(range, sizeof(range), "an integer from %s to %s", good[0], good[1]);
		for (size_t j = 0; j < 2; j++) {
			snprintf(text, sizeof(text), "{'%s':%s}", numbers[i].name, good[j]);
			assert_int_equal(put(&bytes, text, true, &note), 0);
			assert_read(&bytes, numbers[i].name, good[j]);
		}
		for (size_t j = 0; j < 7; j++) {
			struct example before = bytes;

			if (!bad[j] || (j == 6 && strcmp(numbers[i].name, "u64") == 0))
				continue;
			snprintf(text, sizeof(text), "{'%s':%s}", numbers[i].name, bad[j]);
			assert_invalid(put(&bytes, text, false, &note), &note, path,
				       j == 4 ? "\"1\"" : bad[j], range);
			assert_memory_equal(&before, &bytes, sizeof(bytes));
		}
	}
}

/* Limits of a descriptor may exceed those of the type. */
static void test_bounds_beyond_type(void **state)
{
	struct layout_field field = {.name = (char *)"n",
				     .kind = LAYOUT_UNSIGNED,
				     .size = 1,
				     .bounded = true,
				     .minimum = -5,
				     .maximum = 1000};
	const struct layout one = {.size = 1, .fields = &field, .n_fields = 1};
	static const char *const bad[] = {"{'n':256}", "{'n':1000}", "{'n':-1}", "{'n':1001}"};
	uint8_t bytes[2] = {7, 7};
	struct note note = {};

	for (size_t i = 0; i < 4; i++) {
		_cleanup_json_ struct json_object *object = json(bad[i]);

		assert_int_equal(layout_write(&one, object, false, bytes, &note),
				 FAULT_INVALID_PARAMETER);
		assert_string_equal(note.texts[2], "an integer from 0 to 255");
		note_done(&note);
		assert_int_equal(bytes[0], 7);
		assert_int_equal(bytes[1], 7);
	}
}

static void test_others(void **state)
{
	struct example bytes = {};
	struct note note = {};

	assert_int_equal(put(&bytes,
			     "{'on':true,'mode':'negative','name':'12345678',"
			     "'list':[1,2,65535]}",
			     true, &note),
			 0);
	assert_true(bytes.on);
	assert_int_equal(bytes.mode, MODE_NEGATIVE);
	assert_memory_equal(bytes.name, "12345678", 8);
	assert_int_equal(bytes.list[2], 65535);
	assert_read(&bytes, "mode", "'negative'");
	assert_read(&bytes, "name", "'12345678'");
	assert_int_equal(put(&bytes, "{'name':'ab','on':false}", true, &note), 0);
	assert_memory_equal(bytes.name, "ab\0\0\0\0\0\0", 8);
	assert_read(&bytes, "name", "'ab'");
	assert_read(&bytes, "list[1]", "2");

	assert_int_equal(put(&bytes,
			     "{'entries':[{'state':7},{'tag':'wxyz','state':8}],"
			     "'nested':{'words':['abc','']}}",
			     true, &note),
			 0);
	assert_int_equal(bytes.entries[0].state, 7);
	assert_int_equal(bytes.entries[1].state, 8);
	assert_memory_equal(bytes.entries[1].tag, "wxyz", 4);
	assert_read(&bytes, "entries[1].tag", "'wxyz'");
	assert_read(&bytes, "entries", "[{'state':7,'tag':''},{'state':8,'tag':'wxyz'}]");
	assert_read(&bytes, "nested.words[0]", "'abc'");
	assert_read(&bytes, "nested", "{'inner':0,'words':['abc','']}");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *parameter, *value, *expected;
	} bad[] = {
		{"{'speed':1}", "speed", "1", "one of on, s8, "},
		{"{'':1}", "", "1", "one of on"},
		{"{'dept':1}", "dept", "1", "one of on"},
		{"{'depthx':1}", "depthx", "1", "one of on"},
		{"{'secret':1}", "secret", "1", "one of on"},
		{"{'done':1}", "done", "1", "the program writes it"},
		{"{'on':1}", "on", "1", "true or false"},
		{"{'mode':'slow'}", "mode", "\"slow\"", "one of fast, safe, negative"},
		{"{'mode':0}", "mode", "0", "one of fast"},
		{"{'name':'123456789'}", "name", "\"123456789\"", "at most 8 bytes"},
		{"{'name':5}", "name", "5", "a string"},
		{"{'list':[1,2]}", "list", "an array", "an array of 3 elements"},
		{"{'list':[1,2,3,4]}", "list", "an array", "an array of 3"},
		{"{'list':7}", "list", "7", "an array of 3"},
		{"{'list':[1,2,-3]}", "list[2]", "-3", "from 0 to 65535"},
		{"{'list':[1,null,3]}", "list[1]", "null", "from 0 to 65535"},
		{"{'nested':5}", "nested", "5", "an object"},
		{"{'nested':{'x':5}}", "nested.x", "5", "one of inner, words"},
		{"{'nested':{'words':['a','bcde']}}", "nested.words[1]", "\"bcde\"", "at most 3"},
		{"{'entries':[{},{'hidden':1}]}", "entries[1].hidden", "1", "one of state, tag"},
		{"{'entries':[{},{'state':65536}]}", "entries[1].state", "65536", "65535"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct example bytes, before;
		struct note note = {};
		char path[64], text[160];

		memset(&bytes, 0x5a, sizeof(bytes));
		before = bytes;
		snprintf(path, sizeof(path), "parameters.%s", bad[i].parameter);
		/* all or nothing: the valid field before it is not written either */
		snprintf(text, sizeof(text), "{'u32':1,%s", bad[i].text + 1);
		assert_invalid(put(&bytes, text, false, &note), &note, path, bad[i].value,
			       bad[i].expected);
		assert_memory_equal(&bytes, &before, sizeof(bytes));
	}
}

static void test_fixed(void **state)
{
	struct example bytes = {};
	struct note note = {};

	assert_int_equal(put(&bytes, "{'fixed':3}", false, &note), 0);
	assert_int_equal(bytes.fixed, 3);
	assert_invalid(put(&bytes, "{'fixed':4}", true, &note), &note, "parameters.fixed", "4",
		       "after the ring was started");
	assert_int_equal(bytes.fixed, 3);
}

/* Only the bytes of the named fields are written; the program may write the others. */
static void test_neighbours(void **state)
{
	struct example bytes, expected;
	struct note note = {};

	memset(&bytes, 0xee, sizeof(bytes));
	expected = bytes;
	expected.u16 = 1;
	expected.entries[0].state = 2;
	memcpy(expected.nested.words[0], "a\0\0", 3);
	memcpy(expected.nested.words[1], "b\0\0", 3);
	assert_int_equal(put(&bytes,
			     "{'u16':1,'entries':[{'state':2},{}],"
			     "'nested':{'words':['a','b']}}",
			     true, &note),
			 0);
	assert_memory_equal(&bytes, &expected, sizeof(bytes));
}

static void test_read_all(void **state)
{
	struct example bytes = {.u64 = UINT64_MAX, .s8 = -1, .mode = 77, .secret = 5, .done = 6};
	_cleanup_json_ struct json_object *object = NULL;
	struct note note = {};

	memcpy(bytes.name, "\xff\xc3\xa9", 3);
	assert_int_equal(layout_read(&example, &bytes, NULL, 0, &note, &object), 0);
	assert_json(object, "{'on':false,'s8':-1,'u8':0,'s16':0,'u16':0,'s32':0,'u32':0,'s64':0,"
			    "'u64':18446744073709551615,'mode':77,'depth':0,'fixed':0,'done':6,"
			    "'name':'\xef\xbf\xbd\xc3\xa9','list':[0,0,0],"
			    "'entries':[{'state':0,'tag':''},{'state':0,'tag':''}],"
			    "'nested':{'inner':0,'words':['','']},'below':0}");
}

static void test_paths(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		"speed",
		"secret",
		"list[3]",
		"list[-1]",
		"list[]",
		"list[",
		"list[1",
		"list[1]x",
		"list[1].x",
		"list[1][1]",
		"u32[0]",
		"u32.x",
		"entries.state",
		"entries[0].hidden",
		"entries[0].",
		"entries[0]state",
		"entries[99999999999].state",
		"entries[4294967296].state",
		"nested.",
		".nested",
		"nested..inner",
		"nested.inner.x",
		"list[0x1]",
		"list[ 1]",
		"dept",
		"depth ",
		"nested.words[2]",
	};
	const char *good[] = {"depth", "entries[1].state", "nested.inner"};
	struct example bytes = {.depth = 5};
	_cleanup_json_ struct json_object *object = NULL;
	struct note note = {};

	bytes.entries[1].state = 3;
	assert_int_equal(layout_read(&example, &bytes, good, 3, &note, &object), 0);
	assert_json(object, "{'depth':5,'entries[1].state':3,'nested.inner':0}");
	json_put(take_ptr(object));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *paths[] = {"depth", bad[i]};

		assert_invalid(layout_read(&example, &bytes, paths, 2, &note, &object), &note,
			       "fields", bad[i], "a path into on, s8");
		assert_null(object);
	}
}

/* No request reads more values than the struct has. */
static void test_paths_overlap(void **state)
{
	const char *twice[] = {"list", "list"}, *parts[] = {"list", "list[0]", "nested"};
	const char *many[100];
	char paths[100][24];
	struct example bytes = {};
	_cleanup_json_ struct json_object *object = NULL;
	struct note note = {};

	assert_invalid(layout_read(&example, &bytes, twice, 2, &note, &object), &note, "fields",
		       "list", "each field once");
	assert_null(object);
	assert_int_equal(layout_read(&example, &bytes, parts, 3, &note, &object), 0);
	json_put(take_ptr(object));
	/* one element by a hundred names */
	for (size_t i = 0; i < 100; i++) {
		snprintf(paths[i], sizeof(paths[i]), "list[%0*d]", (int)i + 1, 1);
		many[i] = i < 16 ? paths[i] : "entries";
	}
	assert_int_equal(layout_read(&example, &bytes, many, 100, &note, &object),
			 FAULT_INVALID_PARAMETER);
	note_done(&note);
	assert_null(object);
}

static void test_initial(void **state)
{
	struct example bytes = {}, expected = {.mode = MODE_SAFE, .depth = 16, .list = {9, 9, 9}};

	expected.nested.inner = 3;
	layout_write_initial(&example, &bytes);
	assert_memory_equal(&bytes, &expected, sizeof(bytes));
}

static void test_number(void **state)
{
	struct example bytes = {.depth = 16, .s32 = -2, .u64 = UINT64_MAX, .list = {1, 2, 3}};

	assert_int_equal(layout_number(&example, &bytes, "depth"), 16);
	assert_true(layout_number(&example, &bytes, "s32") == (uint64_t)-2);
	assert_true(layout_number(&example, &bytes, "u64") == UINT64_MAX);
	assert_int_equal(layout_number(&example, &bytes, "list[2]"), 3);
	assert_int_equal(layout_number(&example, &bytes, "list"), 0);
	assert_int_equal(layout_number(&example, &bytes, "name"), 0);
	assert_int_equal(layout_number(&example, &bytes, "nothing"), 0);
}

/* Packed structs have unaligned numbers. */
static void test_unaligned(void **state)
{
	static struct layout_field odd[] = {
		{.name = (char *)"a", .kind = LAYOUT_UNSIGNED, .offset = 1, .size = 4},
		{.name = (char *)"b", .kind = LAYOUT_SIGNED, .offset = 5, .size = 8},
	};
	const struct layout packed = {.size = 13, .fields = odd, .n_fields = 2};
	_cleanup_json_ struct json_object *object = json("{'a':4294967295,'b':-2}"), *back = NULL;
	char bytes[16] = {};

	assert_int_equal(layout_check(&packed), 0);
	assert_int_equal(layout_write(&packed, object, false, bytes, NULL), 0);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(bytes[13], 0);
	assert_int_equal(layout_read(&packed, bytes, NULL, 0, NULL, &back), 0);
	assert_true(json_object_equal(object, back));
}

/* The access of a struct restricts its members. */
static void test_inherited_access(void **state)
{
	struct layout_field inner = {.name = (char *)"n", .kind = LAYOUT_UNSIGNED, .size = 4};
	struct layout_field outer = {.name = (char *)"s",
				     .kind = LAYOUT_STRUCT,
				     .size = 4,
				     .access = LAYOUT_PROGRESS,
				     .fields = &inner,
				     .n_fields = 1};
	const struct layout one = {.size = 4, .fields = &outer, .n_fields = 1};
	_cleanup_json_ struct json_object *object = json("{'s':{'n':1}}"), *fields_json = NULL;
	const char *path = "s.n";
	struct json_object *back = NULL;
	struct note note = {};
	uint32_t bytes = 0;
	int r;

	r = layout_write(&one, object, false, &bytes, &note);
	assert_invalid(r, &note, "parameters.s", "an object", "the program writes it");
	assert_int_equal(layout_to_json(&one, &fields_json), 0);
	assert_non_null(strstr(json_object_to_json_string_ext(fields_json, JSON_C_TO_STRING_PLAIN),
			       "\"name\":\"n\",\"type\":\"unsigned\",\"offset\":0,\"size\":4,"
			       "\"access\":\"progress\""));
	outer.access = LAYOUT_PRIVATE;
	assert_int_equal(layout_read(&one, &bytes, &path, 1, NULL, &back), FAULT_INVALID_PARAMETER);
	r = layout_write(&one, object, false, &bytes, &note);
	assert_invalid(r, &note, "parameters.s", "an object", "no parameters");
	outer.access = LAYOUT_FIXED;
	assert_int_equal(layout_write(&one, object, false, &bytes, NULL), 0);
	assert_int_equal(bytes, 1);
	assert_int_equal(layout_write(&one, object, true, &bytes, NULL), FAULT_INVALID_PARAMETER);
}

static void test_no_object(void **state)
{
	_cleanup_json_ struct json_object *array = json("[]"), *empty = json("{}");
	struct example bytes = {};
	struct note note = {};

	assert_invalid(layout_write(&example, array, false, &bytes, &note), &note, "parameters",
		       NULL, "an object");
	assert_int_equal(layout_write(&example, NULL, false, &bytes, NULL),
			 FAULT_INVALID_PARAMETER);
	assert_int_equal(layout_write(&example, empty, false, &bytes, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bounds_beyond_type),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_read_all),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_paths_overlap),
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_inherited_access),
		cmocka_unit_test(test_no_object),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("layouts", tests, NULL, NULL);
}
