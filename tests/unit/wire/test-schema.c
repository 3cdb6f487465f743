/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decoding and encoding: refusals, and ownership of descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <json-c/json.h>

#include "../../fds.h"
#include "support.h"
#include "wire/manager.h"

static const struct schema_type *input(const char *method)
{
	return schema_find_method(&manager_interface, method)->input;
}

/* Decodes @text as the input of CreateRing, with @n descriptors. */
static int create(const char *text, size_t n, struct note *note)
{
	_cleanup_json_ struct json_object *object = json(text);
	int numbers[64];
	struct schema_fds fds = {.fds = numbers, .n = n};
	struct in_create_ring in;
	int r;

	for (int i = 0; i < 64; i++)
		numbers[i] = 1000 + i;
	memset(&in, 0xa5, sizeof(in));
	r = schema_decode(input("CreateRing"), object, &fds, note, &in);
	if (r == 0)
		schema_done(input("CreateRing"), &in);
	return r;
}

static void test_decode(void **state)
{
	_cleanup_json_ struct json_object *object =
		json("{'program':'copy','files':[{'slot':'source','fileDescriptor':1},"
		     "{'fileDescriptor':0,'slot':'target'}],'parameters':{'depth':4},"
		     "'dataBytes':4096}");
	int numbers[] = {40, 41};
	struct schema_fds fds = {.fds = numbers, .n = 2};
	struct in_create_ring in;
	const struct wire_file *files;

	assert_int_equal(schema_decode(input("CreateRing"), object, &fds, NULL, &in), 0);
	assert_string_equal(in.program, "copy");
	assert_null(in.name);
	assert_int_equal(in.files.n, 2);
	files = in.files.items;
	assert_string_equal(files[0].slot, "source");
	assert_int_equal(files[0].fd, 41);
	assert_int_equal(files[1].fd, 40);
	assert_non_null(in.parameters);
	assert_true(in.data_bytes.set);
	assert_int_equal(in.data_bytes.value, 4096);
	schema_done(input("CreateRing"), &in);
	assert_null(in.files.items);
	assert_int_equal(fds.n, 2);
}

static void test_optional(void **state)
{
	_cleanup_json_ struct json_object *object =
		json("{'program':'nop','name':null,'files':[],'parameters':null,'dataBytes':null}");
	struct in_create_ring in;
	struct in_none none;

	memset(&in, 0xa5, sizeof(in));
	assert_int_equal(schema_decode(input("CreateRing"), object, NULL, NULL, &in), 0);
	assert_null(in.name);
	assert_null(in.files.items);
	assert_int_equal(in.files.n, 0);
	assert_null(in.parameters);
	assert_false(in.data_bytes.set);
	schema_done(input("CreateRing"), &in);
	/* absent parameters are an empty object */
	assert_int_equal(schema_decode(input("ListRings"), NULL, NULL, NULL, &none), 0);
}

static void test_bad_fields(void **state)
{
	struct note n = {};

	assert_invalid(create("{}", 0, &n), &n, "program", NULL, "a string");
	assert_invalid(create("{'program':null}", 0, &n), &n, "program", NULL, "missing");
	assert_invalid(create("{'program':1}", 0, &n), &n, "program", "1", "a string");
	assert_invalid(create("{'program':['a']}", 0, &n), &n, "program", "an array", "a string");
	assert_invalid(create("{'program':'c','speed':3}", 0, &n), &n, "speed", "3",
		       "one of program, name, files, parameters, dataBytes");
	assert_invalid(create("{'program':'c','Name':'x'}", 0, &n), &n, "Name", "\"x\"", "name");
	assert_invalid(create("{'program':'c','parameters':[]}", 0, &n), &n, "parameters",
		       "an array", "an object");
	assert_invalid(create("{'program':'c','files':{}}", 0, &n), &n, "files", "an object",
		       "an array");
	assert_invalid(create("{'program':'c','files':[3]}", 0, &n), &n, "files[0]", "3",
		       "an object");
	assert_invalid(create("{'program':'c','files':[null]}", 0, &n), &n, "files[0]", NULL,
		       "an object");
	assert_invalid(
		create("{'program':'c','files':[{'slot':'a','fileDescriptor':0},{'slot':'b'}]}", 2,
		       &n),
		&n, "files[1].fileDescriptor", NULL, "index of a descriptor");
	assert_invalid(
		create("{'program':'c','files':[{'slot':'a','fileDescriptor':0,'x':1}]}", 1, &n),
		&n, "files[0].x", "1", "one of slot, fileDescriptor");
}

static void test_bad_numbers(void **state)
{
	struct note n = {};
	static const struct {
		const char *text, *value;
	} bad[] = {
		{"-1", "-1"},
		{"1073741825", "1073741825"},
		{"9223372036854775808", "9223372036854775808"},
		{"18446744073709551615", "18446744073709551615"},
		{"1.0", "1.0"},
		{"1e3", "1e3"},
		{"'7'", "\"7\""},
		{"true", "true"},
		{"{}", "an object"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[96];

		snprintf(text, sizeof(text), "{'program':'c','dataBytes':%s}", bad[i].text);
		assert_invalid(create(text, 0, &n), &n, "dataBytes", bad[i].value,
			       "an integer from 0 to 1073741824");
	}
	assert_int_equal(create("{'program':'c','dataBytes':1073741824}", 0, &n), 0);
	assert_int_equal(create("{'program':'c','dataBytes':0}", 0, &n), 0);
}

static void test_bad_bool(void **state)
{
	struct note n = {};
	int fd = 5;
	struct schema_fds fds = {.fds = &fd, .n = 1};
	struct in_load_program in;
	static const char *const bad[] = {"0", "1", "'true'", "[]"};

	for (size_t i = 0; i < 4; i++) {
		_cleanup_json_ struct json_object *object = NULL;
		_cleanup_free_ char *value = NULL;
		char text[96];
		int r;

		snprintf(text, sizeof(text), "{'objectFileDescriptor':0,'checkOnly':%s}", bad[i]);
		object = json(text);
		value = json_describe(json_object_object_get(object, "checkOnly"));
		r = schema_decode(input("LoadProgram"), object, &fds, &n, &in);
		assert_invalid(r, &n, "checkOnly", value, "true or false");
	}
}

static void test_bad_fds(void **state)
{
	static const char *const bad[] = {"-1", "2", "64", "18446744073709551615", "0.0", "'0'"};
	struct note n = {};
	char text[160];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char value[32];

		snprintf(text, sizeof(text),
			 "{'program':'c','files':[{'slot':'s','fileDescriptor':%s}]}", bad[i]);
		snprintf(value, sizeof(value), i == 5 ? "\"0\"" : "%s", bad[i]);
		assert_invalid(create(text, 2, &n), &n, "files[0].fileDescriptor", value, "0 to 1");
	}
	assert_invalid(create("{'program':'c','files':[{'slot':'s','fileDescriptor':0}]}", 0, &n),
		       &n, "files[0].fileDescriptor", "0", "none was sent");
	assert_invalid(create("{'program':'c','files':[{'slot':'s','fileDescriptor':1},"
			      "{'slot':'t','fileDescriptor':1}]}",
			      2, &n),
		       &n, "files[1].fileDescriptor", "1", "no other parameter uses");
	assert_int_equal(create("{'program':'c','files':[{'slot':'s','fileDescriptor':7}]}", 8, &n),
			 0);
}

static void test_no_object(void **state)
{
	_cleanup_json_ struct json_object *array = json("[]");
	struct in_ring in;
	struct note n = {};

	assert_invalid(schema_decode(input("StartRing"), array, NULL, &n, &in), &n, "parameters",
		       NULL, "an object");
}

static void test_choice(void **state)
{
	const struct schema_type *type = schema_find_method(&manager_interface, "Watch")->output;
	_cleanup_json_ struct json_object *good =
		json("{'kind':'lost','number':1,'time':2,'lost':9}");
	_cleanup_json_ struct json_object *bad = json("{'kind':'exploded','number':1,'time':2}");
	_cleanup_json_ struct json_object *more =
		json("{'kind':'exploded','number':1,'time':2,'colour':'red'}");
	_cleanup_json_ struct json_object *wrong = json("{'kind':7,'number':1,'time':2}");
	_cleanup_json_ struct json_object *large =
		json("{'kind':'lost','number':9223372036854775808,'time':2}");
	struct out_watch event;
	struct note n = {};

	assert_int_equal(schema_decode(type, good, NULL, &n, &event), 0);
	assert_string_equal(event.kind, "lost");
	assert_int_equal(event.lost.value, 9);
	assert_invalid(schema_decode(type, bad, NULL, &n, &event), &n, "kind", "\"exploded\"",
		       "one of watching, created, ");
	assert_invalid(schema_decode(type, more, NULL, &n, &event), &n, "colour", "\"red\"",
		       "lost");
	assert_invalid(schema_decode(type, large, NULL, &n, &event), &n, "number",
		       "9223372036854775808", "a signed 64-bit integer");
	assert_invalid(schema_decode(type, wrong, NULL, &n, &event), &n, "kind", "7", "a string");
}

/* No text of a program or a log makes the message invalid. */
static void test_encode_text(void **state)
{
	const struct schema_type *type = input("StartRing");
	const struct in_ring in = {.ring = "a\xff\n\"\\"};
	const struct in_ring none = {};
	_cleanup_json_ struct json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(schema_encode(type, &in, NULL, &object), 0);
	assert_int_equal(json_print(object, false, &text), 0);
	assert_string_equal(text, "{\"ring\":\"a\xef\xbf\xbd\\n\\\"\\\\\"}");
	json_put(take_ptr(object));
	assert_int_equal(schema_encode(type, &none, NULL, &object), -EINVAL);
	assert_null(object);
}

static void test_encode_fds(void **state)
{
	const struct schema_type *type = input("CreateRing");
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct wire_file files[3] = {{"a", null}, {"b", null}, {"c", null}};
	struct in_create_ring in = {.program = "p", .files = {files, 3}};
	struct json_object *object = NULL;
	struct schema_fds fds = {};
	size_t before = count_fds();

	assert_true(null >= 0);
	assert_int_equal(schema_encode(type, &in, &fds, &object), 0);
	assert_json(object, "{'program':'p','files':[{'slot':'a','fileDescriptor':0},"
			    "{'slot':'b','fileDescriptor':1},{'slot':'c','fileDescriptor':2}]}");
	assert_int_equal(fds.n, 3);
	assert_int_equal(count_fds(), before + 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fcntl(fds.fds[i], F_GETFD), FD_CLOEXEC);
	json_put(take_ptr(object));

	/* if the last of three cannot be duplicated, earlier descriptors stay */
	files[2].fd = -1;
	assert_int_equal(schema_encode(type, &in, &fds, &object), -EBADF);
	assert_null(object);
	assert_int_equal(fds.n, 3);
	assert_int_equal(count_fds(), before + 3);
	schema_fds_done(&fds);
	assert_int_equal(count_fds(), before);
	assert_int_equal(schema_encode(type, &in, NULL, &object), -EMFILE);
	close(null);
}

static void test_texts(void **state)
{
	_cleanup_json_ struct json_object *good = json("{'ring':'r','fields':['a','b[1].c']}");
	_cleanup_json_ struct json_object *bad = json("{'ring':'r','fields':['a',1]}");
	_cleanup_json_ struct json_object *hole = json("{'ring':'r','fields':[null]}");
	struct in_read_parameters in;
	struct note n = {};

	assert_int_equal(schema_decode(input("ReadParameters"), good, NULL, &n, &in), 0);
	assert_int_equal(in.fields.n, 2);
	assert_string_equal(((const char **)in.fields.items)[1], "b[1].c");
	schema_done(input("ReadParameters"), &in);
	assert_invalid(schema_decode(input("ReadParameters"), bad, NULL, &n, &in), &n, "fields[1]",
		       "1", "a string");
	assert_invalid(schema_decode(input("ReadParameters"), hole, NULL, &n, &in), &n, "fields[0]",
		       NULL, "a string");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),	    cmocka_unit_test(test_optional),
		cmocka_unit_test(test_bad_fields),  cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_bad_bool),    cmocka_unit_test(test_bad_fds),
		cmocka_unit_test(test_no_object),   cmocka_unit_test(test_choice),
		cmocka_unit_test(test_encode_text), cmocka_unit_test(test_encode_fds),
		cmocka_unit_test(test_texts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
