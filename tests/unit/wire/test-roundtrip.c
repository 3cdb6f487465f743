/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Encodes and decodes random structs for every message of every method.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "../../fds.h"
#include "support.h"
#include "wire/manager.h"

#define ROUNDS 200

#define FDS    8

static int some_fds[FDS];

static struct json_object *random_object(void)
{
	static const char *const texts[] = {
		"{}",
		"{'a':1}",
		"{'name':'x','list':[1,2,{'b':null}]}",
		"{'n':18446744073709551615,'m':-9223372036854775808}",
	};

	return json(texts[random_number() % 4]);
}

static const char *random_text(void)
{
	static const char *const texts[] = {
		"",
		"r1",
		"a/b \"quoted\" \\ back",
		"\xe2\x82\xac\xf0\x9f\x98\x80",
		"tab\tline\n\x01\x7f",
		"a rather long text, to be on the other side of what is kept within the value "
		"itself",
	};

	return texts[random_number() % 6];
}

static int64_t random_int(const struct schema_field *field)
{
	static const int64_t edges[] = {0, 1, -1, INT64_MAX, INT64_MIN, 4096, 1ll << 53};
	int64_t number = edges[random_number() % 7];

	if (field->minimum == 0 && field->maximum == 0)
		return number;
	if (number < field->minimum || number > field->maximum)
		return random_number() % 2 ? field->minimum : field->maximum;
	return number;
}

static void fill(const struct schema_type *type, void *value);

static void fill_array(const struct schema_field *field, struct schema_array *array)
{
	size_t size = field->kind == SCHEMA_STRUCTS ? field->type->size : sizeof(void *);

	array->n = random_number() % 4;
	if (array->n == 0)
		return;
	array->items = calloc(array->n, size);
	for (size_t i = 0; i < array->n; i++) {
		void *item = (char *)array->items + i * size;

		if (field->kind == SCHEMA_STRUCTS)
			fill(field->type, item);
		else if (field->kind == SCHEMA_TEXTS)
			*(const char **)item = random_text();
		else
			*(struct json_object **)item = random_object();
	}
}

static void fill(const struct schema_type *type, void *value)
{
	for (const struct schema_field *field = type->fields; field->name; field++) {
		void *at = (char *)value + field->offset;
		bool skipped = field->optional && random_number() % 3 == 0;
		size_t n = 0;

		switch (field->kind) {
		case SCHEMA_BOOL:
			*(bool *)at = random_number() % 2;
			break;
		case SCHEMA_INT:
			*(int64_t *)at = random_int(field);
			break;
		case SCHEMA_OPTIONAL_INT:
			if (random_number() % 3)
				*(struct optional_int *)at =
					(struct optional_int){true, random_int(field)};
			break;
		case SCHEMA_TEXT:
			*(const char **)at = skipped ? NULL : random_text();
			break;
		case SCHEMA_CHOICE:
			while (field->choices[n])
				n++;
			*(const char **)at = field->choices[random_number() % n];
			break;
		case SCHEMA_FD:
			*(int *)at = some_fds[random_number() % FDS];
			break;
		case SCHEMA_OBJECT:
			*(struct json_object **)at = skipped ? NULL : random_object();
			break;
		case SCHEMA_STRUCT:
			fill(field->type, at);
			break;
		default:
			fill_array(field, at);
			break;
		}
	}
}

static void assert_same_object(struct json_object *a, struct json_object *b)
{
	assert_int_equal(a == NULL, b == NULL);
	assert_true(json_object_equal(a, b));
}

static void assert_same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static void compare(const struct schema_type *type, const void *a, const void *b);

static void compare_array(const struct schema_field *field, const struct schema_array *a,
			  const struct schema_array *b)
{
	size_t size = field->kind == SCHEMA_STRUCTS ? field->type->size : sizeof(void *);

	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const void *x = (char *)a->items + i * size, *y = (char *)b->items + i * size;

		if (field->kind == SCHEMA_STRUCTS)
			compare(field->type, x, y);
		else if (field->kind == SCHEMA_TEXTS)
			assert_same_text(*(const char *const *)x, *(const char *const *)y);
		else
			assert_same_object(*(struct json_object *const *)x,
					   *(struct json_object *const *)y);
	}
}

static void compare_fds(int a, int b)
{
	struct stat x, y;

	assert_int_equal(fstat(a, &x), 0);
	assert_int_equal(fstat(b, &y), 0);
	assert_true(a != b && x.st_ino == y.st_ino && x.st_dev == y.st_dev);
}

static void compare(const struct schema_type *type, const void *a, const void *b)
{
	for (const struct schema_field *field = type->fields; field->name; field++) {
		const void *x = (const char *)a + field->offset,
			   *y = (const char *)b + field->offset;
		const struct optional_int *o = x, *p = y;

		switch (field->kind) {
		case SCHEMA_BOOL:
			assert_int_equal(*(const bool *)x, *(const bool *)y);
			break;
		case SCHEMA_INT:
			assert_true(*(const int64_t *)x == *(const int64_t *)y);
			break;
		case SCHEMA_OPTIONAL_INT:
			assert_int_equal(o->set, p->set);
			assert_true(o->value == p->value);
			break;
		case SCHEMA_TEXT:
		case SCHEMA_CHOICE:
			assert_same_text(*(const char *const *)x, *(const char *const *)y);
			break;
		case SCHEMA_FD:
			compare_fds(*(const int *)x, *(const int *)y);
			break;
		case SCHEMA_OBJECT:
			assert_same_object(*(struct json_object *const *)x,
					   *(struct json_object *const *)y);
			break;
		case SCHEMA_STRUCT:
			compare(field->type, x, y);
			break;
		default:
			compare_array(field, x, y);
			break;
		}
	}
}

/* Frees the objects that fill() made; schema_done() frees the arrays. */
static void put_objects(const struct schema_type *type, void *value)
{
	for (const struct schema_field *field = type->fields; field->name; field++) {
		void *at = (char *)value + field->offset;
		struct schema_array *array = at;

		if (field->kind == SCHEMA_OBJECT)
			json_put(*(struct json_object **)at);
		if (field->kind == SCHEMA_OBJECTS)
			for (size_t i = 0; i < array->n; i++)
				json_put(((struct json_object **)array->items)[i]);
	}
}

static void round_trip(const struct schema_type *type)
{
	_cleanup_free_ void *value = calloc(1, type->size), *back = malloc(type->size);
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ struct json_object *object = NULL, *parsed = NULL;
	struct schema_fds fds = {};
	struct note note = {};

	memset(back, 0x5a, type->size);
	fill(type, value);
	assert_int_equal(schema_encode(type, value, &fds, &object), 0);
	assert_int_equal(json_print(object, random_number() % 2, &text), 0);
	if (json_parse(text, strlen(text), &note, &parsed) != 0)
		fail_msg("%s: %s", note.texts[0], text);
	if (schema_decode(type, parsed, &fds, &note, back) != 0)
		fail_msg("%s: %s is not %s", text, note.texts[0], note.texts[2]);
	compare(type, value, back);
	put_objects(type, value);
	schema_done(type, value);
	schema_done(type, back);
	schema_fds_done(&fds);
}

static void test_interface(const struct schema_interface *interface)
{
	size_t before = count_fds();

	for (const struct schema_method *method = interface->methods; method->name; method++) {
		for (int i = 0; i < ROUNDS; i++) {
			round_trip(method->input);
			round_trip(method->output);
		}
	}
	assert_int_equal(count_fds(), before);
}

static void test_manager(void **state)
{
	test_interface(&manager_interface);
}

static void test_service(void **state)
{
	test_interface(&service_interface);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manager),
		cmocka_unit_test(test_service),
	};

	for (size_t i = 0; i < FDS; i++)
		some_fds[i] = memfd_create("round trip", MFD_CLOEXEC);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("round trips", tests, NULL, NULL);
}
