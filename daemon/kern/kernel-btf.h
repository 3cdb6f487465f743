/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-btf.h - the few facts that are needed of the running kernel's types */
#ifndef KERN_KERNEL_BTF_H
#define KERN_KERNEL_BTF_H

#include <stdbool.h>
#include <stdint.h>

/* How the kernel lays out struct io_uring_bpf_ops and the value of a struct_ops map of it. */
struct kernel_btf {
	int error; /* of reading it: positive errno, or 0 */
	bool ops;  /* all members below up to context are there */
	uint32_t ops_id;
	uint32_t value_id;
	uint32_t value_size;	   /* bytes */
	uint32_t loop_step_index;  /* which member of the ops */
	uint32_t loop_step_offset; /* bytes, in the map's value */
	uint32_t ring_fd_offset;   /* bytes, in the map's value */
	char context[32];	   /* the struct that a step's first argument points to */
	bool submit_sqes;	   /* kfunc bpf_io_uring_submit_sqes */
	bool get_region;	   /* kfunc bpf_io_uring_get_region */
};

/* Reads the kernel's BTF, which costs hundreds of millions of instructions, and drops it again. */
void kernel_btf_read(struct kernel_btf *ret);

#endif
