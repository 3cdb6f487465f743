/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * damage-object OBJECT DAMAGE - writes a damaged copy of a program object to standard output
 *
 * DAMAGE: "wrap", which makes libbpf 1.5 read 4 GB behind the file: the offset of the struct_ops
 * map in its section, plus the map's size, wraps around in 32 bits; or a number, which selects some
 * bytes to change, the same in every run.
 */
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_MAX (1u << 20)
#define SECTION	   ".struct_ops.link"
#define OFFSET	   0xfffffff0u

static uint8_t object[OBJECT_MAX];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "damage-object: %s\n", what);
	exit(2);
}

static bool is_named(const Elf64_Ehdr *header, const Elf64_Shdr *section, const char *name)
{
	const Elf64_Shdr *sections = (const Elf64_Shdr *)(object + header->e_shoff);

	return strcmp((const char *)object + sections[header->e_shstrndx].sh_offset +
			      section->sh_name,
		      name) == 0;
}

/* The object is good, so nothing of it is checked. */
static void wrap(void)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)object;
	const Elf64_Shdr *sections = (const Elf64_Shdr *)(object + header->e_shoff);

	for (unsigned int i = 0; i < header->e_shnum; i++) {
		Elf64_Sym *symbols = (Elf64_Sym *)(object + sections[i].sh_offset);

		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		for (size_t j = 0; j < sections[i].sh_size / sizeof(*symbols); j++)
			if (ELF64_ST_TYPE(symbols[j].st_info) == STT_OBJECT &&
			    is_named(header, &sections[symbols[j].st_shndx], SECTION)) {
				symbols[j].st_value = OFFSET;
				return;
			}
	}
	die("the object has no variable in " SECTION);
}

static void change_bytes(unsigned long number, size_t size)
{
	uint32_t state = 2463534242u + (uint32_t)number * 2654435761u;

	for (unsigned long i = 0; i < 1 + number % 16; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		object[state % size] = (uint8_t)(state >> 24);
	}
}

int main(int argc, char **argv)
{
	FILE *file;
	size_t size;
	char *end;

	if (argc != 3)
		die("usage: damage-object OBJECT wrap|NUMBER");
	file = fopen(argv[1], "re");
	size = file ? fread(object, 1, sizeof(object), file) : 0;
	if (size < sizeof(Elf64_Ehdr) || size == sizeof(object))
		die("the object cannot be read");
	fclose(file);
	if (strcmp(argv[2], "wrap") == 0) {
		wrap();
	} else {
		unsigned long number = strtoul(argv[2], &end, 10);

		if (*end)
			die("the damage is neither \"wrap\" nor a number");
		change_bytes(number, size);
	}
	return fwrite(object, 1, size, stdout) == size && fflush(stdout) == 0 ? 0 : 1;
}
