/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatcher-code.h - the dispatcher's code, taken out of its object once, for many instances
 *
 * libbpf would read the kernel's BTF again for every ring. An instance needs little: two maps, the
 * same instructions with these maps' descriptors put in, one program load.
 */
#ifndef KERN_DISPATCHER_CODE_H
#define KERN_DISPATCHER_CODE_H

#include <stddef.h>
#include <stdint.h>

struct bpf_insn;
struct kernel_btf;

/* An instruction that loads a map's address. */
struct dispatcher_patch {
	uint32_t instruction;
	uint32_t state_offset; /* bytes into the state, if it is that which is meant */
	int is_state;	       /* else the program array */
};

struct dispatcher_code {
	struct bpf_insn *instructions;
	size_t n_instructions;
	struct dispatcher_patch *patches;
	size_t n_patches;
};

/* -ENOEXEC: the file is not the dispatcher that belongs to this daemon. */
int dispatcher_code_init(struct dispatcher_code *dispatcher, const char *path);
void dispatcher_code_done(struct dispatcher_code *dispatcher);

/* Makes the maps of one instance: the program array, and the state that can be mapped. */
int dispatcher_make_maps(int *ret_array_fd, int *ret_state_fd);
/* Loads one instance that uses these maps. */
int dispatcher_load(const struct dispatcher_code *dispatcher, const struct kernel_btf *btf,
		    int array_fd, int state_fd, int *ret_program_fd);
/* Attaches it to a disabled ring of this process, through a struct_ops map made for that. */
int dispatcher_attach(const struct kernel_btf *btf, int program_fd, int ring_fd, int *ret_link_fd);

#endif
