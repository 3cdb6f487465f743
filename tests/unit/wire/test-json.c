/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parser accepts valid JSON only.
 */
#include <json-c/json.h>

#include "support.h"
#include "wire/manager.h"

static int parse(const char *text, size_t n, struct json_object **ret)
{
	struct note note = {};
	int r = json_parse(text, n, &note, ret);

	if (r != 0) {
		assert_int_equal(r, FAULT_MESSAGE_REFUSED);
		assert_int_equal(note.fault, FAULT_MESSAGE_REFUSED);
		assert_non_null(note.texts[0]);
	}
	note_done(&note);
	return r;
}

/* clang-format off */
static void test_good(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", " {} \r\n\t", "{\"a\":{\"b\":[1,-2,true,false,null,\"x\"]}}",
		"{\"a\":1.5e3}", "\"\\u00e9\\ud83d\\ude00\\\\u0000\"", "[9223372036854775807]",
		"[-9223372036854775808]", "[18446744073709551615]", "{\"a\":1,\"a\":2}", "12", "-0",
		"\"NaN {[,\\\" I\"", "\"\xe2\x82\xac\"", "{\"\":0}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_json_ struct json_object *value = NULL;

		if (parse(texts[i], strlen(texts[i]), &value) != 0)
			fail_msg("refused: %s", texts[i]);
	}
}

static void test_bad(void **state)
{
	static const char *const texts[] = {
		"", " ", "{", "}", "[", "]", "{]", "[}", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}",
		"[1,]", "{\"a\":1,}", "[,1]", "[1 2]", "{} {}", "{}x", "{}{", "[1]]", "nul", "null",
		"True", "TRUE", "truex", "[NaN]", "[nan]", "[Infinity]", "[-Infinity]", "[-]",
		"[+1]", "[01]", "[-01]", "[1.]", "[.5]", "[1e]", "[1e+]", "[0x10]", "[1a]",
		"[18446744073709551616]", "[-9223372036854775809]",
		"[99999999999999999999999999999999]", "\"\\u0000\"", "{\"a\\u0000b\":1}",
		"[\"\\\\\\u0000\"]", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"a\tb\"",
		"\"abc", "\"\\", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
		"\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "/* */{}", "//\n{}",
		"\xef\xbb\xbf{}", "[1,,2]", "{\"a\" 1}",
		"{\"a\":1 \"b\":2}", "{1:2}", "[\"a\":1]", "[tru]", "\x01",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_json_ struct json_object *value = NULL;

		if (parse(texts[i], strlen(texts[i]), &value) == 0)
			fail_msg("accepted: %s", texts[i]);
		assert_null(value);
	}
}
/* clang-format on */

/* A NUL does not end the text. */
static void test_nul(void **state)
{
	struct json_object *value = NULL;

	assert_int_not_equal(parse("{}\0x", 4, &value), 0);
	assert_int_not_equal(parse("{}\0", 3, &value), 0);
	assert_int_not_equal(parse("\"a\0b\"", 5, &value), 0);
}

static void test_depth(void **state)
{
	char text[2 * MANAGER_DEPTH_MAX + 8] = "";
	struct json_object *value = NULL;

	for (int arrays = 0; arrays < 2; arrays++) {
		size_t n = 0;

		for (int i = 0; i < MANAGER_DEPTH_MAX - 1; i++)
			text[n++] = '[';
		n += (size_t)sprintf(text + n, arrays ? "[1]" : "{}");
		for (int i = 0; i < MANAGER_DEPTH_MAX - 1; i++)
			text[n++] = ']';
		assert_int_equal(parse(text, n, &value), 0);
		json_put(take_ptr(value));

		memmove(text + 1, text, n);
		text[n + 1] = ']';
		assert_int_not_equal(parse(text, n + 2, &value), 0);
	}
}

/* Short texts that would need much memory. */
static void test_amplification(void **state)
{
	size_t n = 1u << 20;
	_cleanup_free_ char *text = malloc(n + 1);
	static const char *const pieces[] = {"{},", "[],", "1,", "\"\","};
	struct json_object *value = NULL;

	for (size_t i = 0; i < 4; i++) {
		size_t used = 1, piece = strlen(pieces[i]);

		text[0] = '[';
		while (used + piece + 1 < n) {
			memcpy(text + used, pieces[i], piece);
			used += piece;
		}
		text[used - 1] = ']';
		assert_int_not_equal(parse(text, used, &value), 0);
	}
	/* few values, each of which needs much memory */
	text[0] = '[';
	for (size_t i = 0; i < JSON_CONTAINERS_MAX; i++)
		memcpy(text + 1 + 3 * i, "{},", 3);
	text[3 * JSON_CONTAINERS_MAX] = ']';
	assert_int_not_equal(parse(text, 3 * JSON_CONTAINERS_MAX + 1, &value), 0);
	text[3 * JSON_CONTAINERS_MAX - 3] = ']';
	assert_int_equal(parse(text, 3 * JSON_CONTAINERS_MAX - 2, &value), 0);
	json_put(take_ptr(value));
	/* as many small numbers as the largest parameter struct has bytes */
	text[0] = '[';
	for (size_t i = 0; i < 65536; i++)
		memcpy(text + 1 + 2 * i, "7,", 2);
	text[2 * 65536] = ']';
	assert_int_equal(parse(text, 2 * 65536 + 1, &value), 0);
	json_put(value);
}

static void test_text(void **state)
{
	static const struct {
		const char *in, *out;
	} texts[] = {
		{"plain", "plain"},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"a\xff"
		 "b",
		 "a\xef\xbf\xbd"
		 "b"},
		{"\xc3", "\xef\xbf\xbd"},
		{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *in = texts[i].in;
		_cleanup_json_ struct json_object *value = json_new_text(in, strlen(in));

		assert_string_equal(json_object_get_string(value), texts[i].out);
	}
	{
		_cleanup_json_ struct json_object *cut = json_new_text("ab\0cd", 5);

		assert_string_equal(json_object_get_string(cut), "ab");
	}
}

static void test_describe(void **state)
{
	_cleanup_json_ struct json_object *object = json("{'a':1}"), *array = json("[1,2]");
	_cleanup_json_ struct json_object *number = json("-5"), *text = json("'a/b'");
	_cleanup_json_ struct json_object *large = NULL;
	_cleanup_free_ char *a = json_describe(object), *b = json_describe(array);
	_cleanup_free_ char *c = json_describe(number), *d = json_describe(text), *e = NULL;
	char euros[3 * 100 + 1];

	assert_string_equal(a, "an object");
	assert_string_equal(b, "an array");
	assert_string_equal(c, "-5");
	assert_string_equal(d, "\"a/b\"");
	assert_null(json_describe(NULL));
	for (size_t i = 0; i < 100; i++)
		memcpy(euros + 3 * i, "\xe2\x82\xac", 4);
	large = json_new_text(euros, 300);
	e = json_describe(large);
	assert_string_equal(e + strlen(e) - 6, "\xe2\x82\xac...");
	assert_true(strlen(e) < 140);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	      cmocka_unit_test(test_bad),
		cmocka_unit_test(test_nul),	      cmocka_unit_test(test_depth),
		cmocka_unit_test(test_amplification), cmocka_unit_test(test_text),
		cmocka_unit_test(test_describe),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("JSON", tests, NULL, NULL);
}
