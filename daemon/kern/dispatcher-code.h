/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatcher-code.h - the dispatcher's code, read once from its object file for many instances
 *
 * libbpf would read the kernel's BTF again for every ring. An instance needs only two maps and a
 * load of the same instructions with the maps' descriptors, and what differs between kernels, put
 * in.
 */
#ifndef KERN_DISPATCHER_CODE_H
#define KERN_DISPATCHER_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_insn;
struct kernel_btf;

enum dispatcher_patch_kind {
	PATCH_ARRAY, /* loads the address of the program array */
	PATCH_STATE,
	PATCH_GET_REGION, /* calls bpf_io_uring_get_region() */
	PATCH_HOLDOUT,	  /* loads a member of struct task_struct, as does the next */
	PATCH_NVCSW,
};

/* An instruction that depends on the instance, or on the kernel. */
struct dispatcher_patch {
	uint32_t instruction;
	uint32_t state_offset; /* bytes into the state, of PATCH_STATE */
	enum dispatcher_patch_kind kind;
};

struct dispatcher_code {
	struct bpf_insn *instructions;
	size_t n_instructions;
	struct dispatcher_patch *patches;
	size_t n_patches;
	/* atomic: the kernel takes it only without the check for loops that hold up RCU-tasks */
	bool without_check;
};

/* -ENOEXEC: the file is not this daemon's dispatcher. */
int dispatcher_code_init(struct dispatcher_code *dispatcher, const char *path);
void dispatcher_code_done(struct dispatcher_code *dispatcher);

/* Creates the maps of one instance: the program array, and the mappable state. */
int dispatcher_make_maps(int *ret_array_fd, int *ret_state_fd);
/* Loads one instance that uses these maps. */
int dispatcher_load(struct dispatcher_code *dispatcher, const struct kernel_btf *btf, int array_fd,
		    int state_fd, int *ret_program_fd);
/* Attaches it to a disabled ring of this process, through a struct_ops map of its own. */
int dispatcher_attach(const struct kernel_btf *btf, int program_fd, int ring_fd, int *ret_link_fd);

#endif
