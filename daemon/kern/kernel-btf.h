/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-btf.h - facts about the running kernel's types */
#ifndef KERN_KERNEL_BTF_H
#define KERN_KERNEL_BTF_H

#include <stdbool.h>
#include <stdint.h>

struct btf_view;

/* The layout of struct io_uring_bpf_ops and of its struct_ops map's value. */
struct kernel_btf {
	int error; /* of reading the BTF: positive errno, or 0 */
	bool ops;  /* the members below up to context are valid */
	uint32_t ops_id;
	uint32_t value_id;
	uint32_t value_size;	   /* bytes */
	uint32_t loop_step_index;  /* of the member in the ops */
	uint32_t loop_step_offset; /* bytes, in the map's value */
	uint32_t ring_fd_offset;   /* bytes, in the map's value */
	char context[32];	   /* the struct of a step's first argument */
	bool submit_sqes;	   /* kfunc bpf_io_uring_submit_sqes */
	bool get_region;	   /* kfunc bpf_io_uring_get_region */
	uint32_t get_region_id;	   /* its function */
	uint32_t task_holdout;	   /* offset of task_struct.rcu_tasks_holdout; 0: none */
	uint32_t task_nvcsw;	   /* of task_struct.nvcsw; 0: none */
};

/* Of the running kernel. */
void kernel_btf_read(struct kernel_btf *ret);
/* Of any kernel's types. */
void kernel_btf_find(const struct btf_view *btf, struct kernel_btf *ret);

#endif
