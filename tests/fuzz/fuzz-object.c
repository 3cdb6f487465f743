/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads any bytes as a program's object, with all of our own code that an object meets before or
 * beside libbpf: ELF, descriptor, and the layout from BTF, whose bytes libbpf has checked.
 *
 * Input: the object; or, after 'P', changes of the shipped program copy, of four bytes each: bit 0
 * of the first selects descriptor or BTF, bit 1 a byte or a word; where (two bytes); the new value.
 */
#include "budget.h"
#include "fuzz.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kern/descriptor.h"
#include "kern/elf-view.h"
#include "kern/kern.h"
#include "kern/layout-btf.h"
#include "layout/layout.h"
#include "wire/fault.h"

#define OBJECT_MAX    (1u << 20)
#define CHANGES_MAX   64u
#define WORK_BASE     3000000u /* a layout of LAYOUT_NODES_MAX fields */
#define WORK_OF_BYTE  2000u
#define BYTES_BASE    (16 << 20)
#define BYTES_OF_BYTE 256

static void check_refusal(int r, struct note *note)
{
	MUST(r == 0 || r == FAULT_PROGRAM_REJECTED || r == -ENOMEM);
	MUST((r > 0) == (note->fault != FAULT_NONE));
	for (size_t i = 0; i < NOTE_FIELDS_MAX && r > 0; i++)
		for (const char *c = note->texts[i] ?: ""; *c; c++)
			MUST((*c >= ' ' && *c <= '~') || *c == '\n' || *c == '\t');
	note_done(note);
}

static void read_btf(const void *bytes, size_t size, const struct iourd_descriptor *descriptor)
{
	struct btf *btf = size <= UINT32_MAX ? btf__new(bytes, (uint32_t)size) : NULL;
	struct layout layout = {};
	struct note note = {};
	int r;

	if (!btf)
		return;
	r = layout_from_btf(btf, descriptor, &note, &layout);
	if (r == 0)
		MUST(layout_check(&layout) == 0 && layout.size == descriptor->params_size);
	check_refusal(r, &note);
	layout_done(&layout);
	btf__free(btf);
}

static void read_relocations(const struct elf *elf, const struct elf_section *section)
{
	struct elf_relocation relocation;

	for (size_t i = 0; section->type == SHT_REL && elf_relocation(elf, section, i, &relocation);
	     i++)
		MUST(relocation.symbol.name[strlen(relocation.symbol.name)] == '\0');
}

/* Every byte of each section is in the image. */
static void read_sections(const struct elf *elf, struct elf_section *ret_btf)
{
	unsigned int sum = 0;

	for (uint32_t i = 0; i < elf->n_sections; i++) {
		struct elf_section section;

		elf_section(elf, i, &section);
		MUST(section.name && section.index == i);
		for (uint64_t at = 0; section.data && at < section.size; at++)
			sum += section.data[at];
		if (i < 64)
			read_relocations(elf, &section);
	}
	MUST((sum | 1) != 0);
	if (elf_find(elf, ".BTF", ret_btf) != 1)
		*ret_btf = (struct elf_section){};
}

static void read_object(const void *bytes, size_t size, struct iourd_descriptor *ret)
{
	struct elf_section btf;
	struct note note = {};
	struct elf elf;
	int r = elf_open(bytes, size, &note, &elf);

	check_refusal(r, &note);
	if (r != 0)
		return;
	/* sections may overlap: only so many are read whole */
	if (elf.n_sections > 64)
		return;
	read_sections(&elf, &btf);
	r = descriptor_read(&elf, &note, ret);
	check_refusal(r, &note);
	if (r == 0 && btf.data)
		read_btf(btf.data, btf.size, ret);
}

static int be_quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return 0;
}

/* ---- changes of a good object ---- */

static struct elf_section good_descriptor, good_btf;
static uint8_t *good;
static size_t good_size;

/* Once: what the allocator keeps is not the input's. */
static void read_good(void)
{
	FILE *file = fopen(FUZZ_OBJECT, "re");
	struct elf elf;

	MUST(file);
	good = malloc(OBJECT_MAX);
	MUST(good);
	good_size = fread(good, 1, OBJECT_MAX, file);
	fclose(file);
	MUST(elf_open(good, good_size, NULL, &elf) == 0);
	MUST(elf_find(&elf, IOURD_DESCRIPTOR_SECTION, &good_descriptor) == 1);
	MUST(elf_find(&elf, ".BTF", &good_btf) == 1);
}

static void change(uint8_t *copy, const uint8_t *data)
{
	const struct elf_section *section = data[0] & 1 ? &good_btf : &good_descriptor;
	size_t at = (size_t)(data[1] | data[2] << 8) * (data[0] & 2 ? 4 : 1);
	uint8_t *bytes = copy + (section->data - good);

	at %= section->size - 4;
	memset(bytes + at, data[3], data[0] & 2 ? 4 : 1);
}

static uint8_t *changed_object(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(good_size);

	MUST(copy);
	memcpy(copy, good, good_size);
	for (size_t i = 0; i < CHANGES_MAX && 4 * i + 4 <= size; i++)
		change(copy, data + 4 * i);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct iourd_descriptor descriptor;
	/* a copy of the exact size, so that a sanitizer sees what is read past it */
	uint8_t *copy;

	if (size == 0)
		return 0;
	libbpf_set_print(be_quiet);
	if (!good)
		read_good();
	budget_begin();
	if (data[0] == 'P') {
		copy = changed_object(data + 1, size - 1);
		size = good_size;
	} else {
		copy = malloc(size);
		MUST(copy);
		memcpy(copy, data, size);
	}
	read_object(copy, size, &descriptor);
	free(copy);
	budget_check(WORK_BASE + size * WORK_OF_BYTE, BYTES_BASE + (int64_t)size * BYTES_OF_BYTE);
	return 0;
}
