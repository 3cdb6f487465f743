/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/dispatcher-code.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kern/ledger.h"
#include "kern/elf-view.h"
#include "kern/image.h"
#include "kern/kernel-btf.h"
#include "common/cleanup.h"
#include "wire/fault.h"

#define CODE_SECTION	   "struct_ops.s/loop_step"
#define RELOCATION_SECTION ".rel" CODE_SECTION
#define ARRAY_SYMBOL	   "programs"
#define STATE_SYMBOL	   "state"
#define REGION_SYMBOL	   "bpf_io_uring_get_region"
#define RELOCATION_64_64   1u  /* R_BPF_64_64: the two halves of a 64-bit load */
#define RELOCATION_64_32   10u /* R_BPF_64_32: a call */
#define INSTRUCTIONS_MAX   256u

static int take_code(const struct elf *elf, struct dispatcher_code *dispatcher)
{
	struct elf_section code;
	size_t n;

	if (elf_find(elf, CODE_SECTION, &code) != 1 || !code.data)
		return -ENOEXEC;
	n = code.size / sizeof(struct bpf_insn);
	if (n == 0 || n > INSTRUCTIONS_MAX || code.size % sizeof(struct bpf_insn) != 0)
		return -ENOEXEC;
	dispatcher->instructions = malloc(code.size);
	if (!dispatcher->instructions)
		return -ENOMEM;
	memcpy(dispatcher->instructions, code.data, code.size);
	dispatcher->n_instructions = n;
	return 0;
}

static int take_patch(const struct dispatcher_code *dispatcher,
		      const struct elf_relocation *relocation, struct dispatcher_patch *ret)
{
	uint64_t i = relocation->offset / sizeof(struct bpf_insn), offset;
	struct dispatcher_patch patch = {.instruction = (uint32_t)i};
	const struct bpf_insn *load;

	if (relocation->offset % sizeof(struct bpf_insn) != 0 ||
	    i + 1 >= dispatcher->n_instructions)
		return -ENOEXEC;
	load = &dispatcher->instructions[i];
	if (relocation->type == RELOCATION_64_32 && load->code == (BPF_JMP | BPF_CALL) &&
	    strcmp(relocation->symbol.name, REGION_SYMBOL) == 0) {
		patch.kind = PATCH_GET_REGION;
		*ret = patch;
		return 0;
	}
	if (relocation->type != RELOCATION_64_64)
		return -ENOEXEC;
	if (load->code != (BPF_LD | BPF_IMM | BPF_DW))
		return -ENOEXEC;
	if (strcmp(relocation->symbol.name, STATE_SYMBOL) == 0) {
		offset = relocation->symbol.value + (uint32_t)load->imm;
		if (offset >= sizeof(struct iourd_dispatch))
			return -ENOEXEC;
		patch.kind = PATCH_STATE;
		patch.state_offset = (uint32_t)offset;
	} else if (strcmp(relocation->symbol.name, ARRAY_SYMBOL) != 0) {
		return -ENOEXEC;
	}
	*ret = patch;
	return 0;
}

/* The loads of members of struct task_struct: there is one of each. */
static int take_task_loads(struct dispatcher_code *dispatcher)
{
	bool holdout = false, nvcsw = false;

	for (size_t i = 0; i < dispatcher->n_instructions; i++) {
		const struct bpf_insn *code = &dispatcher->instructions[i];
		struct dispatcher_patch patch = {.instruction = (uint32_t)i};

		if (code->code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++; /* its second half */
			continue;
		}
		if (code->code == (BPF_LDX | BPF_MEM | BPF_B) && code->off == IOURD_TASK_HOLDOUT)
			patch.kind = PATCH_HOLDOUT;
		else if (code->code == (BPF_LDX | BPF_MEM | BPF_DW) &&
			 code->off == IOURD_TASK_NVCSW)
			patch.kind = PATCH_NVCSW;
		else
			continue;
		holdout |= patch.kind == PATCH_HOLDOUT;
		nvcsw |= patch.kind == PATCH_NVCSW;
		dispatcher->patches[dispatcher->n_patches++] = patch;
	}
	return holdout && nvcsw ? 0 : -ENOEXEC;
}

static int take_patches(const struct elf *elf, struct dispatcher_code *dispatcher)
{
	struct elf_section relocations;
	size_t n;
	int r;

	if (elf_find(elf, RELOCATION_SECTION, &relocations) != 1 || relocations.type != SHT_REL)
		return -ENOEXEC;
	n = relocations.size / sizeof(Elf64_Rel);
	if (n == 0 || n > dispatcher->n_instructions)
		return -ENOEXEC;
	dispatcher->patches = calloc(n + dispatcher->n_instructions, sizeof(*dispatcher->patches));
	if (!dispatcher->patches)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct elf_relocation relocation;

		if (!elf_relocation(elf, &relocations, i, &relocation))
			return -ENOEXEC;
		r = take_patch(dispatcher, &relocation, &dispatcher->patches[i]);
		if (r < 0)
			return r;
	}
	dispatcher->n_patches = n;
	return take_task_loads(dispatcher);
}

int dispatcher_code_init(struct dispatcher_code *dispatcher, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct dispatcher_code made = {};
	_cleanup_free_ void *image = NULL;
	struct elf elf;
	size_t size;
	int r;

	if (fd < 0)
		return -errno;
	r = image_read(fd, NULL, &image, &size);
	if (r == 0)
		r = elf_open(image, size, NULL, &elf);
	if (r > 0)
		r = -ENOEXEC;
	if (r == 0)
		r = take_code(&elf, &made);
	if (r == 0)
		r = take_patches(&elf, &made);
	if (r < 0) {
		dispatcher_code_done(&made);
		return r;
	}
	*dispatcher = made;
	return 0;
}

void dispatcher_code_done(struct dispatcher_code *dispatcher)
{
	free(dispatcher->instructions);
	free(dispatcher->patches);
	*dispatcher = (struct dispatcher_code){};
}

int dispatcher_make_maps(int *ret_array_fd, int *ret_state_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int array = -1, state = -1;

	array = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "iourd_programs", sizeof(uint32_t),
			       sizeof(uint32_t), 1, NULL);
	if (array < 0)
		return array;
	state = bpf_map_create(BPF_MAP_TYPE_ARRAY, "iourd_state", sizeof(uint32_t),
			       sizeof(struct iourd_record), 1, &mapped);
	if (state < 0)
		return state;
	*ret_array_fd = take_fd(&array);
	*ret_state_fd = take_fd(&state);
	return 0;
}

static void patch_map_load(struct bpf_insn *load, const struct dispatcher_patch *patch,
			   int array_fd, int state_fd)
{
	bool state = patch->kind == PATCH_STATE;

	load[0].src_reg = state ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
	load[0].imm = state ? state_fd : array_fd;
	load[1].imm = (int32_t)patch->state_offset;
}

/* 0, or what does not fit into an instruction: a member that the kernel lacks. */
static void patch_task_load(struct bpf_insn *load, uint32_t offset)
{
	if (offset > 0 && offset <= INT16_MAX) {
		load->off = (int16_t)offset;
		return;
	}
	load->code = BPF_ALU64 | BPF_MOV | BPF_K;
	load->src_reg = 0;
	load->off = 0;
	load->imm = 0;
}

/*
 * Our 6.12 has no bpf_get_current_task_btf() for these programs, and does not need the check: its
 * loop reports to RCU-tasks itself.
 */
static void remove_check(const struct dispatcher_code *dispatcher, struct bpf_insn *code)
{
	for (size_t i = 0; i < dispatcher->n_instructions; i++)
		if (code[i].code == (BPF_JMP | BPF_CALL) && code[i].src_reg == 0 &&
		    code[i].imm == BPF_FUNC_get_current_task_btf)
			code[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K};
	for (size_t i = 0; i < dispatcher->n_patches; i++)
		if (dispatcher->patches[i].kind == PATCH_HOLDOUT ||
		    dispatcher->patches[i].kind == PATCH_NVCSW)
			patch_task_load(&code[dispatcher->patches[i].instruction], 0);
}

int dispatcher_load(struct dispatcher_code *dispatcher, const struct kernel_btf *btf, int array_fd,
		    int state_fd, int *ret_program_fd)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .attach_btf_id = btf->ops_id,
		    .expected_attach_type = (enum bpf_attach_type)btf->loop_step_index,
		    .prog_flags = BPF_F_SLEEPABLE);
	bool without_check = __atomic_load_n(&dispatcher->without_check, __ATOMIC_RELAXED);
	struct bpf_insn code[INSTRUCTIONS_MAX];
	int fd;

	memcpy(code, dispatcher->instructions, dispatcher->n_instructions * sizeof(*code));
	for (size_t i = 0; i < dispatcher->n_patches; i++) {
		const struct dispatcher_patch *patch = &dispatcher->patches[i];
		struct bpf_insn *at = &code[patch->instruction];

		switch (patch->kind) {
		case PATCH_ARRAY:
		case PATCH_STATE:
			patch_map_load(at, patch, array_fd, state_fd);
			break;
		case PATCH_GET_REGION:
			at->src_reg = BPF_PSEUDO_KFUNC_CALL;
			at->off = 0; /* in the kernel's own BTF */
			at->imm = (int32_t)btf->get_region_id;
			break;
		case PATCH_HOLDOUT:
			patch_task_load(at, btf->task_holdout);
			break;
		case PATCH_NVCSW:
			patch_task_load(at, btf->task_nvcsw);
			break;
		}
	}
	if (without_check)
		remove_check(dispatcher, code);
	fd = bpf_prog_load(BPF_PROG_TYPE_STRUCT_OPS, "iourd_dispatch", "GPL", code,
			   dispatcher->n_instructions, &options);
	if (fd == -EINVAL && !without_check) { /* the first ring finds out for all */
		remove_check(dispatcher, code);
		fd = bpf_prog_load(BPF_PROG_TYPE_STRUCT_OPS, "iourd_dispatch", "GPL", code,
				   dispatcher->n_instructions, &options);
		if (fd >= 0)
			__atomic_store_n(&dispatcher->without_check, true, __ATOMIC_RELAXED);
	}
	if (fd < 0)
		return fd;
	*ret_program_fd = fd;
	return 0;
}

/* The kernel requires BTF with a struct_ops map, but does not read it. */
static int load_any_types(int *ret_fd)
{
	struct btf *types = btf__new_empty();
	const void *data;
	uint32_t size;
	int r;

	if (!types)
		return -ENOMEM;
	r = btf__add_int(types, "int", sizeof(int), BTF_INT_SIGNED);
	data = r < 0 ? NULL : btf__raw_data(types, &size);
	r = data ? bpf_btf_load(data, size, NULL) : -ENOMEM;
	btf__free(types);
	if (r < 0)
		return r;
	*ret_fd = r;
	return 0;
}

int dispatcher_attach(const struct kernel_btf *btf, int program_fd, int ring_fd, int *ret_link_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_LINK,
		    .btf_vmlinux_value_type_id = btf->value_id);
	_cleanup_close_ int map = -1, types = -1;
	_cleanup_free_ uint8_t *value = NULL;
	uint64_t program = (uint64_t)program_fd;
	uint32_t ring = (uint32_t)ring_fd, key = 0;
	int r;

	value = calloc(1, btf->value_size);
	if (!value)
		return -ENOMEM;
	/* a function of the ops is passed as the descriptor of its program */
	memcpy(value + btf->loop_step_offset, &program, sizeof(program));
	memcpy(value + btf->ring_fd_offset, &ring, sizeof(ring));

	r = load_any_types(&types);
	if (r < 0)
		return r;
	options.btf_fd = (uint32_t)types;
	/* a new map for each attach: reusing one triggers CVE-2026-72112 */
	map = bpf_map_create(BPF_MAP_TYPE_STRUCT_OPS, "iourd_ops", sizeof(key), btf->value_size, 1,
			     &options);
	if (map < 0)
		return map;
	r = bpf_map_update_elem(map, &key, value, 0);
	if (r < 0)
		return r;
	r = bpf_link_create(map, 0, BPF_STRUCT_OPS, NULL);
	if (r < 0)
		return r;
	*ret_link_fd = r;
	return 0;
}
