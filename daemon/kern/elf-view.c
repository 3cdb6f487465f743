/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/elf-view.h"

#include <elf.h>
#include <string.h>

#include "kern/reject.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "objects are read in native byte order");

static bool inside(const struct elf *elf, uint64_t offset, uint64_t size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

static Elf64_Shdr read_header(const struct elf *elf, uint32_t index)
{
	Elf64_Shdr header;

	memcpy(&header, elf->image + elf->table + (uint64_t)index * sizeof(header), sizeof(header));
	return header;
}

/* The NUL-ended text at @offset of a string table, or NULL. */
static const char *text_at(const uint8_t *table, uint64_t size, uint64_t offset)
{
	if (offset >= size || !memchr(table + offset, 0, size - offset))
		return NULL;
	return (const char *)table + offset;
}

static int check_sections(const struct elf *elf, struct note *note)
{
	Elf64_Shdr names = read_header(elf, elf->names);

	if (names.sh_type != SHT_STRTAB || !inside(elf, names.sh_offset, names.sh_size))
		return reject(note, NULL, "its section names are not in the file");
	for (uint32_t i = 0; i < elf->n_sections; i++) {
		Elf64_Shdr header = read_header(elf, i);

		if (!text_at(elf->image + names.sh_offset, names.sh_size, header.sh_name))
			return reject(note, NULL, "section %u has no readable name", i);
		if (header.sh_type != SHT_NOBITS && !inside(elf, header.sh_offset, header.sh_size))
			return reject(note, NULL, "section %u ends past the end of the file", i);
	}
	return 0;
}

int elf_open(const void *image, size_t size, struct note *note, struct elf *ret)
{
	struct elf elf = {.image = image, .size = size};
	Elf64_Ehdr header;
	int r;

	if (size < sizeof(header) || memcmp(image, ELFMAG, SELFMAG) != 0)
		return reject(note, NULL, "it is not an ELF file");
	memcpy(&header, image, sizeof(header));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
		return reject(note, NULL, "it is not a 64-bit little-endian ELF file");
	if (header.e_machine != EM_BPF)
		return reject(note, NULL, "its machine is %u, expected %u (BPF)", header.e_machine,
			      EM_BPF);
	if (header.e_type != ET_REL)
		return reject(note, NULL, "its type is %u, expected %u (relocatable object)",
			      header.e_type, ET_REL);
	if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0 ||
	    header.e_shstrndx >= header.e_shnum ||
	    !inside(&elf, header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr)))
		return reject(note, NULL, "its section table is not in the file");

	elf.table = header.e_shoff;
	elf.n_sections = header.e_shnum;
	elf.names = header.e_shstrndx;
	r = check_sections(&elf, note);
	if (r != 0)
		return r;
	*ret = elf;
	return 0;
}

void elf_section(const struct elf *elf, uint32_t index, struct elf_section *ret)
{
	Elf64_Shdr names = read_header(elf, elf->names);
	Elf64_Shdr header = read_header(elf, index);

	*ret = (struct elf_section){
		.index = index,
		.name = (const char *)elf->image + names.sh_offset + header.sh_name,
		.type = header.sh_type,
		.flags = header.sh_flags,
		.link = header.sh_link,
		.info = header.sh_info,
		.data = header.sh_type == SHT_NOBITS ? NULL : elf->image + header.sh_offset,
		.size = header.sh_size,
	};
}

unsigned int elf_find(const struct elf *elf, const char *name, struct elf_section *ret)
{
	unsigned int found = 0;

	for (uint32_t i = 0; i < elf->n_sections; i++) {
		struct elf_section section;

		elf_section(elf, i, &section);
		if (strcmp(section.name, name) != 0)
			continue;
		if (found++ == 0)
			*ret = section;
	}
	return found;
}

static bool read_symbol(const struct elf *elf, uint32_t table_index, uint64_t i,
			struct elf_symbol *ret)
{
	struct elf_section table, names;
	Elf64_Sym symbol;
	const char *name;

	if (table_index >= elf->n_sections)
		return false;
	elf_section(elf, table_index, &table);
	if (table.type != SHT_SYMTAB || i >= table.size / sizeof(symbol) ||
	    table.link >= elf->n_sections)
		return false;
	elf_section(elf, table.link, &names);
	if (names.type != SHT_STRTAB)
		return false;
	memcpy(&symbol, table.data + i * sizeof(symbol), sizeof(symbol));
	name = text_at(names.data, names.size, symbol.st_name);
	if (!name)
		return false;
	*ret = (struct elf_symbol){
		.name = name, .section = symbol.st_shndx, .value = symbol.st_value};
	return true;
}

bool elf_relocation(const struct elf *elf, const struct elf_section *relocations, size_t i,
		    struct elf_relocation *ret)
{
	struct elf_relocation relocation = {};
	Elf64_Rel entry;

	if (relocations->type != SHT_REL || i >= relocations->size / sizeof(entry))
		return false;
	memcpy(&entry, relocations->data + i * sizeof(entry), sizeof(entry));
	relocation.offset = entry.r_offset;
	relocation.type = ELF64_R_TYPE(entry.r_info);
	if (!read_symbol(elf, relocations->link, ELF64_R_SYM(entry.r_info), &relocation.symbol))
		return false;
	*ret = relocation;
	return true;
}
