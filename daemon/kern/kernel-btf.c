/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/kernel-btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "kern/btf-view.h"

#define TYPES_FILE "/sys/kernel/btf/vmlinux"

/* Index of the member of that name, or -1. */
static int find_member(const struct btf_view *btf, const struct btf_type *type, const char *name)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (strcmp(btf_view_name(btf, btf_members(type)[i].name_off), name) == 0)
			return i;
	return -1;
}

/* The type, through const and typedef; NULL if there is none. */
static const struct btf_type *strip(const struct btf_view *btf, uint32_t id)
{
	const struct btf_type *type = btf_view_type(btf, id);

	/* no kernel has as many in a row: they lead in a circle */
	for (int i = 0; i < 32 && type; i++) {
		if (!btf_is_mod(type) && !btf_is_typedef(type))
			return type;
		type = btf_view_type(btf, type->type);
	}
	return NULL;
}

/* The type behind a pointer, through const and typedef; NULL if @id is no pointer. */
static const struct btf_type *pointee(const struct btf_view *btf, uint32_t id)
{
	const struct btf_type *type = strip(btf, id);

	return type && btf_is_ptr(type) ? strip(btf, type->type) : NULL;
}

/* int (*loop_step)(struct CONTEXT *, struct iou_loop_params *) */
static bool read_context(const struct btf_view *btf, const struct btf_member *loop_step,
			 struct kernel_btf *facts)
{
	const struct btf_type *function = pointee(btf, loop_step->type), *context;

	if (!function || !btf_is_func_proto(function) || btf_vlen(function) != 2)
		return false;
	context = pointee(btf, btf_params(function)[0].type);
	if (!context || (!btf_is_struct(context) && !btf_is_fwd(context)))
		return false;
	snprintf(facts->context, sizeof(facts->context), "%s",
		 btf_view_name(btf, context->name_off));
	return true;
}

static bool read_ops(const struct btf_view *btf, struct kernel_btf *facts)
{
	const struct btf_type *ops, *value;
	int data, loop_step, ring_fd;
	uint32_t ops_id, value_id, start;

	ops_id = btf_view_find(btf, "io_uring_bpf_ops", BTF_KIND_STRUCT);
	value_id = btf_view_find(btf, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT);
	ops = btf_view_type(btf, ops_id);
	value = btf_view_type(btf, value_id);
	if (!ops || !value)
		return false;
	loop_step = find_member(btf, ops, "loop_step");
	ring_fd = find_member(btf, ops, "ring_fd");
	data = find_member(btf, value, "data");
	if (loop_step < 0 || ring_fd < 0 || data < 0 ||
	    !read_context(btf, &btf_members(ops)[loop_step], facts))
		return false;

	start = btf_member_bit_offset(value, (uint32_t)data) / 8;
	facts->ops_id = ops_id;
	facts->value_id = value_id;
	facts->value_size = value->size;
	facts->loop_step_index = (uint32_t)loop_step;
	facts->loop_step_offset = start + btf_member_bit_offset(ops, (uint32_t)loop_step) / 8;
	facts->ring_fd_offset = start + btf_member_bit_offset(ops, (uint32_t)ring_fd) / 8;
	return facts->loop_step_offset + sizeof(uint64_t) <= value->size &&
	       facts->ring_fd_offset + sizeof(uint32_t) <= value->size;
}

/* In bytes; 0: the struct has no such member, or it does not begin with a byte. */
static uint32_t member_offset(const struct btf_view *btf, const struct btf_type *type,
			      const char *name)
{
	int i = find_member(btf, type, name);
	uint32_t bits = i < 0 ? 0 : btf_member_bit_offset(type, (uint32_t)i);

	return bits % 8 == 0 ? bits / 8 : 0;
}

/* Without RCU-tasks, which no kernel with preemption lacks, no loop can hold it up. */
static void read_task(const struct btf_view *btf, struct kernel_btf *facts)
{
	uint32_t id = btf_view_find(btf, "task_struct", BTF_KIND_STRUCT);
	const struct btf_type *task = btf_view_type(btf, id);

	if (!task)
		return;
	facts->task_holdout = member_offset(btf, task, "rcu_tasks_holdout");
	facts->task_nvcsw = member_offset(btf, task, "nvcsw");
}

void kernel_btf_find(const struct btf_view *btf, struct kernel_btf *ret)
{
	struct kernel_btf facts = {};

	facts.ops = read_ops(btf, &facts);
	facts.submit_sqes = btf_view_find(btf, "bpf_io_uring_submit_sqes", BTF_KIND_FUNC) > 0;
	facts.get_region_id = btf_view_find(btf, "bpf_io_uring_get_region", BTF_KIND_FUNC);
	facts.get_region = facts.get_region_id > 0;
	read_task(btf, &facts);
	*ret = facts;
}

/* ---- the bytes ---- */

struct types {
	void *bytes;
	size_t size;
	bool mapped; /* otherwise allocated */
};

static void types_done(struct types *types)
{
	if (types->mapped)
		munmap(types->bytes, types->size);
	else
		free(types->bytes);
}

/* The kernel passes a page at a time. */
static int read_bytes(int fd, size_t size, void **ret)
{
	_cleanup_free_ uint8_t *bytes = malloc(size);
	size_t done = 0;

	if (!bytes)
		return -ENOMEM;
	while (done < size) {
		ssize_t n = pread(fd, bytes + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		done += (size_t)n;
	}
	*ret = take_ptr(bytes);
	return 0;
}

static int types_init(struct types *types, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size <= 0)
		return -EBADMSG;
	*types = (struct types){.size = (size_t)status.st_size};
	types->bytes = mmap(NULL, types->size, PROT_READ, MAP_PRIVATE, fd, 0);
	types->mapped = types->bytes != MAP_FAILED;
	/* Linux before 6.16 cannot map it */
	return types->mapped ? 0 : read_bytes(fd, types->size, &types->bytes);
}

void kernel_btf_read(struct kernel_btf *ret)
{
	struct types types = {};
	struct btf_view view;
	int r = types_init(&types, TYPES_FILE);

	*ret = (struct kernel_btf){};
	if (r == 0) {
		r = btf_view_init(&view, types.bytes, types.size);
		if (r == 0) {
			kernel_btf_find(&view, ret);
			btf_view_done(&view);
		}
		types_done(&types);
	}
	ret->error = -r;
}
