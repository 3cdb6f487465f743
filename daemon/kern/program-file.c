/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/program-file.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "kern/descriptor.h"
#include "kern/elf-view.h"
#include "kern/identify.h"
#include "kern/image.h"
#include "kern/kern.h"
#include "kern/layout-btf.h"
#include "kern/libbpf-log.h"
#include "kern/reject.h"
#include "common/cleanup.h"

#define OPS_TYPE    "io_uring_bpf_ops"
#define OPS_SECTION ".struct_ops.link"

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/*
 * Refuses code that the kernel could load as anything but a loop program before libbpf sees it:
 * loading a program of type freplace crashes the kernel.
 */
static int check_sections(const struct elf *elf, const char *name, struct note *note)
{
	for (uint32_t i = 0; i < elf->n_sections; i++) {
		struct elf_section section;
		bool is_code;

		elf_section(elf, i, &section);
		is_code = (section.flags & SHF_EXECINSTR) && section.size > 0;
		if (is_code && strcmp(section.name, ".text") != 0 &&
		    !starts_with(section.name, "struct_ops/") &&
		    !starts_with(section.name, "struct_ops.s/"))
			return reject(
				note, name,
				"it has a program in section \"%s\", expected struct_ops programs "
				"only (struct_ops.s/loop_step)",
				section.name);
		if (starts_with(section.name, ".struct_ops") &&
		    strcmp(section.name, OPS_SECTION) != 0)
			return reject(note, name, "it has a section \"%s\", expected %s",
				      section.name, OPS_SECTION);
		if (strcmp(section.name, ".maps") == 0 || strcmp(section.name, "maps") == 0)
			return reject(note, name,
				      "it has maps, but one load is shared by all rings: keep a "
				      "loop program's state in its parameter struct");
	}
	return 0;
}

/* The offset of loop_step in the object's own declaration of the ops. */
static int find_loop_step(const struct btf *btf, const char *name, struct note *note, size_t *ret)
{
	const struct btf_type *section, *type;
	const char *type_name = NULL;
	int id;

	id = btf__find_by_name_kind(btf, OPS_SECTION, BTF_KIND_DATASEC);
	section = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	if (!section || btf_vlen(section) != 1)
		return reject(note, name, "it has %u struct_ops maps, expected one, in section %s",
			      section ? btf_vlen(section) : 0u, OPS_SECTION);
	type = btf__type_by_id(btf, btf_var_secinfos(section)[0].type);
	type = type && btf_is_var(type) ? btf__type_by_id(btf, type->type) : NULL;
	if (type && btf_is_struct(type))
		type_name = btf__name_by_offset(btf, type->name_off);
	/* libbpf treats NAME___SUFFIX as a variant of type NAME */
	if (!type_name || !starts_with(type_name, OPS_TYPE) ||
	    (type_name[strlen(OPS_TYPE)] && !starts_with(type_name + strlen(OPS_TYPE), "___")))
		return reject(note, name,
			      "its struct_ops map is of another type, expected struct %s",
			      OPS_TYPE);
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const char *member = btf__name_by_offset(btf, btf_members(type)[i].name_off);

		if (member && strcmp(member, "loop_step") == 0) {
			*ret = btf_member_bit_offset(type, i) / 8;
			return 0;
		}
	}
	return reject(note, name, "its struct %s has no loop_step", OPS_TYPE);
}

static int check_programs(struct bpf_object *object, const char *name, struct note *note,
			  struct bpf_program **ret)
{
	struct bpf_program *program, *found = NULL;

	bpf_object__for_each_program(program, object) {
		if (bpf_program__type(program) != BPF_PROG_TYPE_STRUCT_OPS)
			return reject(note, name,
				      "its program %s is of type %d, expected %d (struct_ops)",
				      bpf_program__name(program), bpf_program__type(program),
				      BPF_PROG_TYPE_STRUCT_OPS);
		if (found)
			return reject(note, name, "it has the programs %s and %s, expected one",
				      bpf_program__name(found), bpf_program__name(program));
		found = program;
	}
	if (!found)
		return reject(note, name,
			      "it has no program, expected one in section "
			      "struct_ops.s/loop_step");
	*ret = found;
	return 0;
}

static int check_maps(struct bpf_object *object, const struct bpf_program *step, const char *name,
		      struct note *note)
{
	const struct bpf_map *map, *ops = NULL;
	size_t loop_step = 0, size = 0;
	const char *value;
	int r;

	r = find_loop_step(bpf_object__btf(object), name, note, &loop_step);
	if (r != 0)
		return r;
	bpf_object__for_each_map(map, object) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS) {
			ops = map; /* exactly one: find_loop_step() has checked */
			continue;
		}
		if (!bpf_map__is_internal(map) || !(bpf_map__map_flags(map) & BPF_F_RDONLY_PROG))
			return reject(
				note, name,
				"it has writable variables (%s), but one load is shared by all "
				"rings: keep a loop program's state in its parameter struct",
				bpf_map__name(map));
	}
	value = ops ? bpf_map__initial_value(ops, &size) : NULL;
	if (!value || size < sizeof(step) || loop_step > size - sizeof(step) ||
	    memcmp(value + loop_step, &step, sizeof(step)) != 0)
		return reject(note, name, "loop_step of its struct %s is not set to its program %s",
			      OPS_TYPE, bpf_program__name(step));
	return 0;
}

int program_file_parse(const void *image, size_t size, const char *name, struct note *note,
		       struct bpf_object **ret_object, struct bpf_program **ret_step)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
	struct bpf_program *step = NULL;
	struct bpf_object *object;
	struct libbpf_log log;
	int r;

	libbpf_log_to(&log);
	object = bpf_object__open_mem(image, size, &options);
	r = object ? 0 : -errno;
	libbpf_log_to(NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return reject_with_log(note, name, "libbpf cannot read it", log.text);

	if (bpf_object__btf(object))
		r = check_programs(object, name, note, &step);
	else
		r = reject(note, name, "it has no BTF: compile it with -g");
	if (r == 0)
		r = check_maps(object, step, name, note);
	if (r != 0) {
		bpf_object__close(object);
		return r;
	}
	*ret_object = object;
	*ret_step = step;
	return 0;
}

static int read_layout(const void *image, size_t size, struct kern_program_info *info,
		       struct note *note)
{
	const char *name = info->descriptor.name;
	struct bpf_object *object;
	struct bpf_program *step;
	int r;

	r = program_file_parse(image, size, name, note, &object, &step);
	if (r != 0)
		return r;
	r = layout_from_btf(bpf_object__btf(object), &info->descriptor, note, &info->layout);
	bpf_object__close(object);
	return r;
}

int program_file_read(int fd, struct note *note, struct kern_program_info *ret_info,
		      void **ret_image, size_t *ret_size)
{
	_cleanup_free_ struct kern_program_info *info = calloc(1, sizeof(*info));
	_cleanup_free_ void *image = NULL;
	struct elf elf;
	size_t size;
	int r;

	if (!info)
		return -ENOMEM;
	r = image_read(fd, note, &image, &size);
	if (r == 0)
		r = elf_open(image, size, note, &elf);
	if (r == 0)
		r = descriptor_read(&elf, note, &info->descriptor);
	if (r == 0)
		r = check_sections(&elf, info->descriptor.name, note);
	if (r == 0)
		r = read_layout(image, size, info, note);
	if (r != 0)
		return r;
	program_identify(image, size, info);
	*ret_info = *info;
	*ret_image = take_ptr(image);
	*ret_size = size;
	return 0;
}
