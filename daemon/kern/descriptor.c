/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/descriptor.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "common/names.h"
#include "kern/elf-view.h"
#include "kern/names.h"
#include "kern/reject.h"

/* Opcodes of kernels up to 7.3. */
#define OPCODE_URING_CMD    46u
#define OPCODE_URING_CMD128 64u
#define OPCODE_LAST	    65u

#define SLOT_ACCESS	    (IOURD_SLOT_READ | IOURD_SLOT_WRITE)
#define SLOT_FLAGS	    (SLOT_ACCESS | IOURD_SLOT_OPTIONAL | IOURD_SLOT_DISTINCT)
#define SLOT_TYPES                                                                                 \
	(IOURD_TYPE_REGULAR | IOURD_TYPE_BLOCK | IOURD_TYPE_SOCKET | IOURD_TYPE_PIPE |             \
	 IOURD_TYPE_CHAR)
#define FIELD_FLAGS (IOURD_FIELD_PROGRESS | IOURD_FIELD_FIXED)

static bool is_terminated(const char *text, size_t capacity)
{
	return memchr(text, 0, capacity) != NULL;
}

static bool is_power_of_two(uint32_t n)
{
	return n > 0 && (n & (n - 1)) == 0;
}

static int check_texts(const struct iourd_descriptor *d, struct note *note)
{
	if (!name_valid(d->name, sizeof(d->name)))
		return reject(note, NULL,
			      "descriptor.name: expected [a-z][a-z0-9-]*, at most %u bytes",
			      IOURD_NAME_MAX - 1);
	if (!is_terminated(d->summary, sizeof(d->summary)) || !is_printable(d->summary))
		return reject(note, d->name,
			      "descriptor.summary: expected printable ASCII, at most %u bytes",
			      IOURD_SUMMARY_MAX - 1);
	if (!is_terminated(d->params_type, sizeof(d->params_type)) ||
	    !is_identifier(d->params_type))
		return reject(
			note, d->name,
			"descriptor.params_type: expected the name of a struct, at most %u bytes",
			IOURD_TYPE_MAX - 1);
	for (size_t i = 0; i < 2; i++) {
		const char *field = d->data_fields[i];

		if (!is_terminated(field, sizeof(d->data_fields[i])) ||
		    (*field && !is_identifier(field)))
			return reject(
				note, d->name,
				"descriptor.data_fields[%zu]: expected the name of a field, at "
				"most %u bytes",
				i, IOURD_NAME_MAX - 1);
	}
	if (!*d->data_fields[0] && *d->data_fields[1])
		return reject(note, d->name,
			      "descriptor.data_fields: the first is empty, the second "
			      "is \"%s\"",
			      d->data_fields[1]);
	return 0;
}

static int check_geometry(const struct iourd_descriptor *d, struct note *note)
{
	if (!is_power_of_two(d->sq_entries) || d->sq_entries > IOURD_ENTRIES_MAX)
		return reject(note, d->name,
			      "descriptor.sq_entries is %u, expected a power of two up to %u",
			      d->sq_entries, IOURD_ENTRIES_MAX);
	if (!is_power_of_two(d->cq_entries) || d->cq_entries > IOURD_ENTRIES_MAX ||
	    d->cq_entries < d->sq_entries)
		return reject(
			note, d->name,
			"descriptor.cq_entries is %u, expected a power of two from sq_entries "
			"(%u) to %u",
			d->cq_entries, d->sq_entries, IOURD_ENTRIES_MAX);
	if (d->data_maximum > IOURD_DATA_MAX)
		return reject(note, d->name,
			      "descriptor.data_maximum is %llu, expected at most %llu",
			      (unsigned long long)d->data_maximum, IOURD_DATA_MAX);
	if (d->data_initial > d->data_maximum)
		return reject(
			note, d->name,
			"descriptor.data_initial is %llu, expected at most data_maximum (%llu)",
			(unsigned long long)d->data_initial, (unsigned long long)d->data_maximum);
	if (d->params_size == 0 || d->params_size > IOURD_PARAMS_MAX)
		return reject(note, d->name, "descriptor.params_size is %u, expected 1 to %u",
			      d->params_size, IOURD_PARAMS_MAX);
	if (d->progress_unit > IOURD_UNIT_BLOCKS)
		return reject(note, d->name, "descriptor.progress_unit is %u, expected at most %u",
			      d->progress_unit, IOURD_UNIT_BLOCKS);
	return 0;
}

static int check_opcodes(const struct iourd_descriptor *d, struct note *note)
{
	for (uint32_t i = 0; i < IOURD_OPCODES_MAX; i++) {
		if (!(d->opcodes[i / 64] >> (i % 64) & 1))
			continue;
		/* before 7.3, its socket options bypass their capability check in a loop program */
		if (i == OPCODE_URING_CMD || i == OPCODE_URING_CMD128)
			return reject(
				note, d->name,
				"descriptor.opcodes has %u (URING_CMD), which no loop program "
				"may use",
				i);
		if (i >= OPCODE_LAST)
			return reject(note, d->name,
				      "descriptor.opcodes has %u, expected opcodes below %u", i,
				      OPCODE_LAST);
	}
	return 0;
}

static int check_slot(const struct iourd_descriptor *d, uint32_t i, struct note *note)
{
	const struct iourd_slot_descriptor *slot = &d->slots[i];

	if (!slot_name_valid(slot->name, sizeof(slot->name)))
		return reject(
			note, d->name,
			"descriptor.slots[%u].name: expected [a-z][a-z0-9_]*, at most %u bytes", i,
			IOURD_SLOT_NAME_MAX - 1);
	if (!is_terminated(slot->help, sizeof(slot->help)) || !is_printable(slot->help))
		return reject(note, d->name,
			      "help of slot \"%s\": expected printable ASCII, at most %u bytes",
			      slot->name, IOURD_HELP_MAX - 1);
	if ((slot->flags & ~SLOT_FLAGS) || !(slot->flags & SLOT_ACCESS))
		return reject(
			note, d->name,
			"flags of slot \"%s\" are %#x, expected known ones with READ or WRITE",
			slot->name, slot->flags);
	if ((slot->types & ~SLOT_TYPES) || !slot->types)
		return reject(note, d->name, "types of slot \"%s\" are %#x, expected known ones",
			      slot->name, slot->types);
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(d->slots[j].name, slot->name) == 0)
			return reject(note, d->name, "duplicate slot \"%s\"", slot->name);
	return 0;
}

static int check_field(const struct iourd_descriptor *d, uint32_t i, struct note *note)
{
	const struct iourd_field_descriptor *field = &d->fields[i];

	if (!is_terminated(field->name, sizeof(field->name)) || !is_identifier(field->name))
		return reject(
			note, d->name,
			"descriptor.fields[%u].name: expected the name of a member of struct %s", i,
			d->params_type);
	if (!is_terminated(field->help, sizeof(field->help)) || !is_printable(field->help))
		return reject(note, d->name,
			      "help of field \"%s\": expected printable ASCII, at most %u bytes",
			      field->name, IOURD_HELP_MAX - 1);
	if ((field->flags & ~FIELD_FLAGS) || field->flags == FIELD_FLAGS)
		return reject(note, d->name,
			      "flags of field \"%s\" are %#x, expected PROGRESS, FIXED or none",
			      field->name, field->flags);
	if (field->unit > IOURD_UNIT_BLOCKS)
		return reject(note, d->name, "unit of field \"%s\" is %u, expected at most %u",
			      field->name, field->unit, IOURD_UNIT_BLOCKS);
	if (field->minimum > field->maximum)
		return reject(note, d->name,
			      "field \"%s\": its minimum %lld is above its maximum %lld",
			      field->name, (long long)field->minimum, (long long)field->maximum);
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(d->fields[j].name, field->name) == 0)
			return reject(note, d->name, "duplicate field \"%s\"", field->name);
	return 0;
}

int descriptor_check(const struct iourd_descriptor *d, struct note *note)
{
	int r;

	if (d->magic != IOURD_DESCRIPTOR_MAGIC)
		return reject(note, NULL, "descriptor.magic is %#x, expected %#x", d->magic,
			      IOURD_DESCRIPTOR_MAGIC);
	if (d->abi_major != IOURD_ABI_MAJOR)
		return reject(
			note, NULL,
			"descriptor.abi_major is %u, expected %u: build the program with this "
			"service's headers",
			d->abi_major, IOURD_ABI_MAJOR);
	if (d->size != sizeof(*d))
		return reject(note, NULL, "descriptor.size is %u, expected %zu", d->size,
			      sizeof(*d));
	r = check_texts(d, note);
	if (r == 0)
		r = check_geometry(d, note);
	if (r == 0)
		r = check_opcodes(d, note);
	if (r != 0)
		return r;

	if (d->slot_count > IOURD_SLOTS_MAX)
		return reject(note, d->name, "descriptor.slot_count is %u, expected at most %u",
			      d->slot_count, IOURD_SLOTS_MAX);
	if (d->field_count > IOURD_FIELDS_MAX)
		return reject(note, d->name, "descriptor.field_count is %u, expected at most %u",
			      d->field_count, IOURD_FIELDS_MAX);
	for (uint32_t i = 0; r == 0 && i < d->slot_count; i++)
		r = check_slot(d, i, note);
	for (uint32_t i = 0; r == 0 && i < d->field_count; i++)
		r = check_field(d, i, note);
	return r;
}

int descriptor_read(const struct elf *elf, struct note *note, struct iourd_descriptor *ret)
{
	struct iourd_descriptor descriptor;
	struct elf_section section;
	unsigned int n;
	int r;

	n = elf_find(elf, IOURD_DESCRIPTOR_SECTION, &section);
	if (n != 1)
		return reject(note, NULL,
			      "it has %u sections %s, expected one descriptor (see iourd(7))", n,
			      IOURD_DESCRIPTOR_SECTION);
	if (section.type != SHT_PROGBITS || section.size != sizeof(descriptor))
		return reject(note, NULL, "section %s has %llu bytes of content, expected %zu",
			      IOURD_DESCRIPTOR_SECTION,
			      section.type == SHT_PROGBITS ? (unsigned long long)section.size
							   : 0ull,
			      sizeof(descriptor));
	memcpy(&descriptor, section.data, sizeof(descriptor));
	r = descriptor_check(&descriptor, note);
	if (r != 0)
		return r;
	*ret = descriptor;
	return 0;
}
