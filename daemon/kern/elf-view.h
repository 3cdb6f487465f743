/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf-view.h - a bounded view of a BPF object file
 *
 * The image is hostile: every offset, size and name is checked against it before use. Nothing is
 * copied or owned; views are valid as long as the image.
 */
#ifndef KERN_ELF_VIEW_H
#define KERN_ELF_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct note;

struct elf {
	const uint8_t *image;
	size_t size;
	uint64_t table; /* offset of the section headers */
	uint32_t n_sections;
	uint32_t names; /* index of the section that holds the sections' names */
};

struct elf_section {
	uint32_t index;
	const char *name;
	uint32_t type;	/* SHT_* */
	uint64_t flags; /* SHF_* */
	uint32_t link;
	uint32_t info;
	const uint8_t *data; /* NULL for SHT_NOBITS */
	uint64_t size;
};

struct elf_symbol {
	const char *name;
	uint32_t section; /* its index */
	uint64_t value;
};

struct elf_relocation {
	uint64_t offset; /* in the section that is relocated */
	uint32_t type;	 /* R_BPF_* */
	struct elf_symbol symbol;
};

/*
 * Checks the header and every section's bounds and name. FAULT_PROGRAM_REJECTED unless it is a
 * relocatable 64-bit little-endian BPF object.
 */
int elf_open(const void *image, size_t size, struct note *note, struct elf *ret);

/* After elf_open() this cannot fail for index < n_sections. */
void elf_section(const struct elf *elf, uint32_t index, struct elf_section *ret);
/* How many sections have that name; @ret is the first of them. */
unsigned int elf_find(const struct elf *elf, const char *name, struct elf_section *ret);

/* Number @i of the relocations in @relocations (SHT_REL); false: there is none, or it is broken. */
bool elf_relocation(const struct elf *elf, const struct elf_section *relocations, size_t i,
		    struct elf_relocation *ret);

#endif
