/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-btf.c - facts from a kernel's types, which libbpf writes here */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#include "kern/btf-view.h"
#include "kern/kernel-btf.h"

static uint32_t id_of(int r)
{
	assert_true(r > 0);
	return (uint32_t)r;
}

static void add_field(struct btf *btf, const char *name, uint32_t type, uint32_t bit)
{
	assert_int_equal(btf__add_field(btf, name, (int)type, bit, 0), 0);
}

/* What the daemon does not look for, of every kind. */
static uint32_t add_others(struct btf *btf)
{
	uint32_t integer = id_of(btf__add_int(btf, "int", 4, BTF_INT_SIGNED)), variable;

	id_of(btf__add_float(btf, "double", 8));
	id_of(btf__add_enum(btf, "color", 4));
	assert_int_equal(btf__add_enum_value(btf, "RED", 1), 0);
	assert_int_equal(btf__add_enum_value(btf, "BLUE", 2), 0);
	id_of(btf__add_enum64(btf, "wide", 8, false));
	assert_int_equal(btf__add_enum64_value(btf, "WIDE", 1ull << 40), 0);
	id_of(btf__add_array(btf, (int)integer, (int)integer, 7));
	id_of(btf__add_fwd(btf, "task_struct", BTF_FWD_STRUCT));
	id_of(btf__add_union(btf, "io_uring_bpf_ops", 4));
	add_field(btf, "loop_step", integer, 0);
	id_of(btf__add_restrict(btf, (int)id_of(btf__add_volatile(btf, (int)integer))));
	id_of(btf__add_type_tag(btf, "user", (int)integer));
	variable = id_of(btf__add_var(btf, "counter", BTF_VAR_STATIC, (int)integer));
	id_of(btf__add_datasec(btf, ".data", 4));
	assert_int_equal(btf__add_datasec_var_info(btf, (int)variable, 0, 4), 0);
	id_of(btf__add_decl_tag(btf, "tag", (int)variable, -1));
	return integer;
}

/* Types as a kernel with the feature has them. */
static struct btf *make_kernel(void)
{
	struct btf *btf = btf__new_empty();
	uint32_t integer, context, step, proto, ops;

	assert_non_null(btf);
	integer = add_others(btf);
	context = id_of(btf__add_struct(btf, "iou_ctx", 0));
	context = id_of(btf__add_ptr(btf, (int)id_of(btf__add_const(btf, (int)context))));
	proto = id_of(btf__add_func_proto(btf, (int)integer));
	assert_int_equal(btf__add_func_param(btf, "ctx", (int)context), 0);
	assert_int_equal(btf__add_func_param(btf, "params", (int)context), 0);
	step = id_of(btf__add_ptr(btf, (int)proto));
	step = id_of(btf__add_typedef(btf, "step_t", (int)step));
	ops = id_of(btf__add_struct(btf, "io_uring_bpf_ops", 16));
	add_field(btf, "odd", integer, 0);
	add_field(btf, "ring_fd", integer, 32);
	add_field(btf, "loop_step", step, 64);
	id_of(btf__add_struct(btf, "bpf_struct_ops_io_uring_bpf_ops", 80));
	add_field(btf, "common", integer, 0);
	add_field(btf, "data", ops, 512);
	id_of(btf__add_struct(btf, "task_struct", 4096));
	add_field(btf, "nvcsw", integer, 8 * 1000);
	add_field(btf, "rcu_tasks_holdout", integer, 8 * 2001);
	id_of(btf__add_func(btf, "bpf_io_uring_submit_sqes", BTF_FUNC_GLOBAL, (int)proto));
	id_of(btf__add_func(btf, "bpf_io_uring_get_region", BTF_FUNC_GLOBAL, (int)proto));
	return btf;
}

/* A copy of its bytes, of just that size, so that a sanitizer sees what is read behind them. */
static void *copy_of(const struct btf *btf, uint32_t *ret_size)
{
	const void *bytes = btf__raw_data(btf, ret_size);
	void *copy = malloc(*ret_size);

	assert_true(bytes && copy);
	memcpy(copy, bytes, *ret_size);
	return copy;
}

static void the_facts_are_found(void **state)
{
	struct btf *btf = make_kernel();
	struct btf_view view;
	struct kernel_btf facts;
	uint32_t size;
	void *bytes = copy_of(btf, &size);

	assert_int_equal(btf_view_init(&view, bytes, size), 0);
	kernel_btf_find(&view, &facts);
	btf_view_done(&view);
	assert_true(facts.ops && facts.submit_sqes && facts.get_region);
	assert_int_equal(facts.ops_id,
			 btf__find_by_name_kind(btf, "io_uring_bpf_ops", BTF_KIND_STRUCT));
	assert_int_equal(
		facts.value_id,
		btf__find_by_name_kind(btf, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT));
	assert_int_equal(facts.value_size, 80);
	assert_int_equal(facts.loop_step_index, 2);
	assert_int_equal(facts.loop_step_offset, 64 + 8);
	assert_int_equal(facts.ring_fd_offset, 64 + 4);
	assert_string_equal(facts.context, "iou_ctx");
	assert_int_equal(facts.get_region_id,
			 btf__find_by_name_kind(btf, "bpf_io_uring_get_region", BTF_KIND_FUNC));
	assert_int_equal(facts.task_nvcsw, 1000);
	assert_int_equal(facts.task_holdout, 2001);
	free(bytes);
	btf__free(btf);
}

/* Each type is where libbpf has it, and has its name. */
static void types_are_as_libbpf_reads_them(void **state)
{
	struct btf *btf = make_kernel();
	struct btf_view view;
	uint32_t size;
	void *bytes = copy_of(btf, &size);

	assert_int_equal(btf_view_init(&view, bytes, size), 0);
	assert_int_equal(view.n, btf__type_cnt(btf));
	for (uint32_t id = 1; id < view.n; id++) {
		const struct btf_type *type = btf_view_type(&view, id);
		const struct btf_type *same = btf__type_by_id(btf, id);

		assert_memory_equal(type, same, sizeof(*type));
		assert_string_equal(btf_view_name(&view, type->name_off),
				    btf__name_by_offset(btf, same->name_off));
	}
	assert_null(btf_view_type(&view, 0));
	assert_null(btf_view_type(&view, view.n));
	assert_string_equal(btf_view_name(&view, UINT32_MAX), "");
	btf_view_done(&view);
	free(bytes);
	btf__free(btf);
}

static void a_kernel_without_the_feature_lacks_it(void **state)
{
	struct btf *btf = btf__new_empty();
	struct btf_view view;
	struct kernel_btf facts;
	uint32_t size;
	void *bytes;

	assert_non_null(btf);
	add_others(btf);
	bytes = copy_of(btf, &size);
	assert_int_equal(btf_view_init(&view, bytes, size), 0);
	kernel_btf_find(&view, &facts);
	assert_false(facts.ops || facts.submit_sqes || facts.get_region);
	assert_int_equal(facts.task_nvcsw, 0);
	assert_int_equal(facts.task_holdout, 0);
	btf_view_done(&view);
	free(bytes);
	btf__free(btf);
}

/* Whatever the bytes, the outcome is facts or a refusal. */
static void damaged_types_are_no_danger(void **state)
{
	struct btf *btf = make_kernel();
	struct btf_view view;
	struct kernel_btf facts;
	uint32_t size;
	uint8_t *bytes = copy_of(btf, &size);

	for (uint32_t at = 0; at < size; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			int r;

			bytes[at] ^= (uint8_t)(1u << bit);
			r = btf_view_init(&view, bytes, size);
			if (r == 0) {
				kernel_btf_find(&view, &facts);
				btf_view_done(&view);
			} else {
				assert_int_equal(r, -EBADMSG);
			}
			bytes[at] ^= (uint8_t)(1u << bit);
		}
	for (uint32_t shorter = 0; shorter < size; shorter++) {
		uint8_t *part = malloc(shorter + 1);

		assert_non_null(part);
		memcpy(part, bytes, shorter);
		assert_int_equal(btf_view_init(&view, part, shorter), -EBADMSG);
		free(part);
	}
	free(bytes);
	btf__free(btf);
}

/* A typedef of itself. */
static void a_circle_ends(void **state)
{
	struct btf *btf = make_kernel();
	struct btf_view view;
	struct kernel_btf facts;
	uint32_t size, id = id_of(btf__find_by_name_kind(btf, "step_t", BTF_KIND_TYPEDEF));
	void *bytes = copy_of(btf, &size);

	assert_int_equal(btf_view_init(&view, bytes, size), 0);
	((struct btf_type *)btf_view_type(&view, id))->type = id;
	kernel_btf_find(&view, &facts);
	assert_false(facts.ops);
	assert_true(facts.submit_sqes);
	btf_view_done(&view);
	free(bytes);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_facts_are_found),
		cmocka_unit_test(types_are_as_libbpf_reads_them),
		cmocka_unit_test(a_kernel_without_the_feature_lacks_it),
		cmocka_unit_test(damaged_types_are_no_danger),
		cmocka_unit_test(a_circle_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("btf", tests, NULL, NULL);
}
