/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-layout.c - layouts out of BTF that the test makes by hand, sane and insane */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#include "iourd/abi.h"
#include "kern/layout-btf.h"
#include "wire/fault.h"
#include "layout/layout.h"

/* BTF with some base types, and a descriptor that will name fields of struct params. */
struct scene {
	struct btf *btf;
	struct iourd_descriptor descriptor;
	struct note note;
	struct layout layout;
	int u8, s8, chars, u32, s64, u64, boolean;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->btf = btf__new_empty();
	scene->u8 = btf__add_int(scene->btf, "unsigned char", 1, 0);
	scene->s8 = btf__add_int(scene->btf, "signed char", 1, BTF_INT_SIGNED);
	scene->chars = btf__add_int(scene->btf, "char", 1, BTF_INT_SIGNED);
	scene->u32 = btf__add_int(scene->btf, "unsigned int", 4, 0);
	scene->s64 = btf__add_int(scene->btf, "long long", 8, BTF_INT_SIGNED);
	scene->u64 = btf__add_int(scene->btf, "unsigned long long", 8, 0);
	scene->boolean = btf__add_int(scene->btf, "_Bool", 1, BTF_INT_BOOL);
	strcpy(scene->descriptor.name, "made");
	strcpy(scene->descriptor.params_type, "params");
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	layout_done(&scene->layout);
	note_done(&scene->note);
	btf__free(scene->btf);
	free(scene);
	return 0;
}

static void start_params(struct scene *scene, uint32_t size)
{
	assert_true(btf__add_struct(scene->btf, "params", size) > 0);
	scene->descriptor.params_size = size;
}

static void add_member(struct scene *scene, const char *name, int type, uint32_t offset)
{
	assert_int_equal(btf__add_field(scene->btf, name, type, offset * 8, 0), 0);
}

static struct iourd_field_descriptor *name_field(struct scene *scene, const char *name)
{
	struct iourd_field_descriptor *field =
		&scene->descriptor.fields[scene->descriptor.field_count++];

	snprintf(field->name, sizeof(field->name), "%s", name);
	return field;
}

static const struct layout_field *make(struct scene *scene)
{
	int r = layout_from_btf(scene->btf, &scene->descriptor, &scene->note, &scene->layout);

	if (r != 0)
		fail_msg("refused: %s", scene->note.texts[1]);
	return scene->layout.fields;
}

static void refuse(struct scene *scene, const char *reason)
{
	assert_int_equal(
		layout_from_btf(scene->btf, &scene->descriptor, &scene->note, &scene->layout),
		FAULT_PROGRAM_REJECTED);
	if (!strstr(scene->note.texts[1], reason))
		fail_msg("the reason is \"%s\", expected \"%s\"", scene->note.texts[1], reason);
	assert_null(scene->layout.fields);
}

static void only_char_arrays_are_texts(void **state)
{
	struct scene *scene = *state;
	int text = btf__add_array(scene->btf, scene->u32, scene->chars, 5);
	int bytes = btf__add_array(scene->btf, scene->u32, scene->u8, 5);
	int numbers = btf__add_array(scene->btf, scene->u32, scene->s8, 5);
	const struct layout_field *fields;

	start_params(scene, 16);
	add_member(scene, "text", text, 0);
	add_member(scene, "bytes", bytes, 5);
	add_member(scene, "numbers", numbers, 10);
	add_member(scene, "letter", scene->chars, 15);
	fields = make(scene);
	assert_int_equal(fields[0].kind, LAYOUT_TEXT);
	assert_true(fields[0].size == 5 && fields[0].count == 0);
	assert_int_equal(fields[1].kind, LAYOUT_UNSIGNED);
	assert_true(fields[1].size == 1 && fields[1].count == 5);
	assert_int_equal(fields[2].kind, LAYOUT_SIGNED);
	assert_int_equal(fields[3].kind, LAYOUT_SIGNED);
	assert_int_equal(fields[3].count, 0);
}

static void enums_keep_their_sign_and_width(void **state)
{
	struct scene *scene = *state;
	const struct layout_field *fields;
	int small, wide, negative;

	small = btf__add_enum(scene->btf, "small", 1);
	assert_int_equal(btf__add_enum_value(scene->btf, "HIGH", 200), 0);
	negative = btf__add_enum(scene->btf, "negative", 4);
	assert_int_equal(btf__add_enum_value(scene->btf, "BELOW", -5), 0);
	assert_int_equal(btf__add_enum_value(scene->btf, "ABOVE", 5), 0);
	wide = btf__add_enum64(scene->btf, "wide", 8, false);
	assert_int_equal(btf__add_enum64_value(scene->btf, "FAR", 1ull << 40), 0);
	start_params(scene, 24);
	add_member(scene, "wide", wide, 0);
	add_member(scene, "negative", negative, 8);
	add_member(scene, "small", small, 12);
	add_member(scene, "high", scene->u64, 16);
	name_field(scene, "wide")->initial = 1ll << 40;
	name_field(scene, "negative")->initial = -5;
	name_field(scene, "small")->initial = 200;
	name_field(scene, "high")->initial = INT64_MAX;
	fields = make(scene);
	assert_true(fields[0].size == 8 && fields[0].values[0].number == 1ll << 40);
	assert_string_equal(fields[0].values[0].name, "FAR");
	assert_true(fields[1].values[0].number == -5 && fields[1].values[1].number == 5);
	assert_true(fields[2].size == 1 && fields[2].values[0].number == 200);
}

static void unsigned_enum_values_are_not_negative(void **state)
{
	struct scene *scene = *state;
	int id = btf__add_enum(scene->btf, "masks", 4);
	const struct layout_field *fields;

	assert_int_equal(btf__add_enum_value(scene->btf, "ALL", 0xffffffffll), 0);
	start_params(scene, 4);
	add_member(scene, "mask", id, 0);
	name_field(scene, "mask")->initial = 0xffffffffll;
	fields = make(scene);
	assert_true(fields[0].values[0].number == 0xffffffffll);
}

static void modifiers_do_not_matter(void **state)
{
	struct scene *scene = *state;
	int type = btf__add_typedef(scene->btf, "u32", scene->u32), array;
	const struct layout_field *fields;

	type = btf__add_volatile(scene->btf, btf__add_const(scene->btf, type));
	array = btf__add_array(scene->btf, scene->u32, type, 1);
	start_params(scene, 8);
	add_member(scene, "plain", type, 0);
	add_member(scene, "array", array, 4);
	fields = make(scene);
	assert_int_equal(fields[0].kind, LAYOUT_UNSIGNED);
	assert_true(fields[1].count == 1 && fields[1].size == 4);
}

static void structs_nest_with_their_access(void **state)
{
	struct scene *scene = *state;
	const struct layout_field *fields;
	int inner, array;

	inner = btf__add_struct(scene->btf, "inner", 16);
	add_member(scene, "x", scene->u64, 0);
	add_member(scene, "y", scene->boolean, 8);
	array = btf__add_array(scene->btf, scene->u32, inner, 3);
	start_params(scene, 56);
	add_member(scene, "first", scene->u32, 0);
	add_member(scene, "table", array, 8);
	name_field(scene, "table")->flags = IOURD_FIELD_PROGRESS;
	fields = make(scene);
	assert_int_equal(fields[0].access, LAYOUT_PRIVATE);
	assert_int_equal(fields[1].kind, LAYOUT_STRUCT);
	assert_true(fields[1].count == 3 && fields[1].size == 16 && fields[1].offset == 8);
	assert_int_equal(fields[1].n_fields, 2);
	assert_int_equal(fields[1].fields[1].kind, LAYOUT_BOOL);
	assert_int_equal(fields[1].fields[1].access, LAYOUT_PROGRESS);
	assert_int_equal(layout_check(&scene->layout), 0);
}

static void elements_must_stay_aligned(void **state)
{
	struct scene *scene = *state;
	int inner = btf__add_struct(scene->btf, "inner", 6), array;

	add_member(scene, "x", scene->u32, 0);
	array = btf__add_array(scene->btf, scene->u32, inner, 2);
	start_params(scene, 12);
	add_member(scene, "table", array, 0);
	name_field(scene, "table");
	refuse(scene, "table.x is not aligned");
}

static void circles_of_types_end(void **state)
{
	struct scene *scene = *state;
	/* the next id will be the typedef's own */
	int self = (int)btf__type_cnt(scene->btf);

	assert_int_equal(btf__add_typedef(scene->btf, "self", self), self);
	start_params(scene, 8);
	add_member(scene, "circle", self, 0);
	name_field(scene, "circle");
	refuse(scene, "circle: it has no size");
}

static void struct_in_itself_ends(void **state)
{
	struct scene *scene = *state;
	int self = (int)btf__type_cnt(scene->btf);

	start_params(scene, 8);
	add_member(scene, "again", self, 0);
	name_field(scene, "again");
	refuse(scene, "nested too deep");
}

static void wide_trees_are_bounded(void **state)
{
	struct scene *scene = *state;
	int type = scene->u8;
	char name[32];

	/* each struct has the last one eight times at the same place: 8^4 fields in 64 bytes */
	for (unsigned int depth = 0; depth < 4; depth++) {
		snprintf(name, sizeof(name), "level%u", depth);
		type = btf__add_struct(scene->btf, name, 64);
		for (unsigned int i = 0; i < 8; i++) {
			snprintf(name, sizeof(name), "m%u", i);
			add_member(scene, name, depth == 0 ? scene->u8 : type - 1, 0);
		}
	}
	start_params(scene, 64);
	add_member(scene, "tree", type, 0);
	refuse(scene, "more than");
}

static void arrays_stay_inside(void **state)
{
	struct scene *scene = *state;
	int array = btf__add_array(scene->btf, scene->u32, scene->u64, 1u << 31);

	start_params(scene, 16);
	add_member(scene, "huge", array, 0);
	refuse(scene, "huge: it has no size, or ends past");
}

static void members_stay_inside(void **state)
{
	struct scene *scene = *state;

	start_params(scene, 16);
	add_member(scene, "inside", scene->u64, 8);
	assert_int_equal(btf__add_field(scene->btf, "outside", scene->u64, 72, 0), 0);
	refuse(scene, "outside: it has no size, or ends past");
}

static void strange_names_are_refused(void **state)
{
	struct scene *scene = *state;

	start_params(scene, 8);
	add_member(scene, "a\nb", scene->u64, 0);
	refuse(scene, "no usable name");
}

static void nameless_state_is_private(void **state)
{
	struct scene *scene = *state;
	const struct layout_field *fields;
	int inner = btf__add_union(scene->btf, NULL, 8);

	add_member(scene, "a", scene->u64, 0);
	start_params(scene, 16);
	add_member(scene, NULL, inner, 0);
	add_member(scene, "b", scene->u64, 8);
	name_field(scene, "b");
	fields = make(scene);
	assert_int_equal(fields[0].access, LAYOUT_PRIVATE);
	assert_int_equal(fields[0].size, 8);
	assert_int_equal(fields[1].access, LAYOUT_SETTING);
}

static void ranges_of_every_width_hold(void **state)
{
	static const struct {
		int64_t minimum, maximum;
		bool fits_u8, fits_s64;
	} ranges[] = {
		{0, 255, true, true},
		{0, 256, false, true},
		{-1, 1, false, true},
		{INT64_MIN, INT64_MAX, false, true},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		for (unsigned int wide = 0; wide < 2; wide++) {
			bool fits = wide ? ranges[i].fits_s64 : ranges[i].fits_u8;
			struct iourd_field_descriptor *field;
			struct scene *scene;
			void *inner;

			setup(&inner);
			scene = inner;
			start_params(scene, 8);
			add_member(scene, "n", wide ? scene->s64 : scene->u8, 0);
			field = name_field(scene, "n");
			field->minimum = ranges[i].minimum;
			field->maximum = ranges[i].maximum;
			if (fits)
				make(scene);
			else
				refuse(scene, "exceeds its type");
			teardown(&inner);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_char_arrays_are_texts),
		TEST(enums_keep_their_sign_and_width),
		TEST(unsigned_enum_values_are_not_negative),
		TEST(modifiers_do_not_matter),
		TEST(structs_nest_with_their_access),
		TEST(elements_must_stay_aligned),
		TEST(circles_of_types_end),
		TEST(struct_in_itself_ends),
		TEST(wide_trees_are_bounded),
		TEST(arrays_stay_inside),
		TEST(members_stay_inside),
		TEST(strange_names_are_refused),
		TEST(nameless_state_is_private),
		cmocka_unit_test(ranges_of_every_width_hold),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("layouts from BTF", tests, NULL, NULL);
}
