/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/kernel-btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Index of the member of that name, or -1. */
static int find_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), name) == 0)
			return i;
	return -1;
}

/* The type behind a pointer, through const and typedef; NULL if @id is no pointer. */
static const struct btf_type *pointee(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = btf__type_by_id(btf, type->type);
	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* int (*loop_step)(struct CONTEXT *, struct iou_loop_params *) */
static bool read_context(const struct btf *btf, const struct btf_member *loop_step,
			 struct kernel_btf *facts)
{
	const struct btf_type *function = pointee(btf, loop_step->type), *context;

	if (!function || !btf_is_func_proto(function) || btf_vlen(function) != 2)
		return false;
	context = pointee(btf, btf_params(function)[0].type);
	if (!context || (!btf_is_struct(context) && !btf_is_fwd(context)))
		return false;
	snprintf(facts->context, sizeof(facts->context), "%s",
		 btf__name_by_offset(btf, context->name_off));
	return true;
}

static bool read_ops(const struct btf *btf, struct kernel_btf *facts)
{
	const struct btf_type *ops, *value;
	int ops_id, value_id, data, loop_step, ring_fd;
	uint32_t start;

	ops_id = btf__find_by_name_kind(btf, "io_uring_bpf_ops", BTF_KIND_STRUCT);
	value_id = btf__find_by_name_kind(btf, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT);
	if (ops_id < 0 || value_id < 0)
		return false;
	ops = btf__type_by_id(btf, (uint32_t)ops_id);
	value = btf__type_by_id(btf, (uint32_t)value_id);
	loop_step = find_member(btf, ops, "loop_step");
	ring_fd = find_member(btf, ops, "ring_fd");
	data = find_member(btf, value, "data");
	if (loop_step < 0 || ring_fd < 0 || data < 0 ||
	    !read_context(btf, &btf_members(ops)[loop_step], facts))
		return false;

	start = btf_member_bit_offset(value, (uint32_t)data) / 8;
	facts->ops_id = (uint32_t)ops_id;
	facts->value_id = (uint32_t)value_id;
	facts->value_size = value->size;
	facts->loop_step_index = (uint32_t)loop_step;
	facts->loop_step_offset = start + btf_member_bit_offset(ops, (uint32_t)loop_step) / 8;
	facts->ring_fd_offset = start + btf_member_bit_offset(ops, (uint32_t)ring_fd) / 8;
	return facts->loop_step_offset + sizeof(uint64_t) <= value->size &&
	       facts->ring_fd_offset + sizeof(uint32_t) <= value->size;
}

/* In bytes; 0: the struct has no such member, or it does not begin with a byte. */
static uint32_t member_offset(const struct btf *btf, const struct btf_type *type, const char *name)
{
	int i = find_member(btf, type, name);
	uint32_t bits = i < 0 ? 0 : btf_member_bit_offset(type, (uint32_t)i);

	return bits % 8 == 0 ? bits / 8 : 0;
}

/* Without RCU-tasks, which no kernel with preemption lacks, no loop can hold it up. */
static void read_task(const struct btf *btf, struct kernel_btf *facts)
{
	int id = btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT);
	const struct btf_type *task;

	if (id < 0)
		return;
	task = btf__type_by_id(btf, (uint32_t)id);
	facts->task_holdout = member_offset(btf, task, "rcu_tasks_holdout");
	facts->task_nvcsw = member_offset(btf, task, "nvcsw");
}

void kernel_btf_read(struct kernel_btf *ret)
{
	struct kernel_btf facts = {};
	struct btf *btf = btf__load_vmlinux_btf();

	int get_region;

	if (!btf) {
		facts.error = errno;
	} else {
		facts.ops = read_ops(btf, &facts);
		facts.submit_sqes =
			btf__find_by_name_kind(btf, "bpf_io_uring_submit_sqes", BTF_KIND_FUNC) > 0;
		get_region = btf__find_by_name_kind(btf, "bpf_io_uring_get_region", BTF_KIND_FUNC);
		facts.get_region = get_region > 0;
		facts.get_region_id = get_region > 0 ? (uint32_t)get_region : 0;
		read_task(btf, &facts);
		btf__free(btf);
	}
	*ret = facts;
}
