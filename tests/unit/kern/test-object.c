/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-object.c - a good object, and the lies that a changed byte can make it tell */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#include "kern/kern.h"
#include "kern/libbpf-log.h"
#include "kern/program-file.h"
#include "util/sha256.h"

static const char *object_path;

struct object {
	uint8_t *bytes;
	size_t size;
};

static struct object load_object(void)
{
	struct object object = {};
	struct stat status;
	int fd = open(object_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0)
		fail_msg("%s cannot be opened", object_path);
	object.size = (size_t)status.st_size;
	object.bytes = malloc(object.size);
	assert_non_null(object.bytes);
	assert_int_equal(read(fd, object.bytes, object.size), object.size);
	close(fd);
	return object;
}

static Elf64_Ehdr *header_of(struct object *object)
{
	return (Elf64_Ehdr *)object->bytes;
}

static Elf64_Shdr *section_at(struct object *object, size_t i)
{
	return (Elf64_Shdr *)(object->bytes + header_of(object)->e_shoff) + i;
}

static char *section_name(struct object *object, const Elf64_Shdr *section)
{
	const Elf64_Shdr *names = section_at(object, header_of(object)->e_shstrndx);

	return (char *)object->bytes + names->sh_offset + section->sh_name;
}

static Elf64_Shdr *find_section(struct object *object, const char *name)
{
	for (size_t i = 0; i < header_of(object)->e_shnum; i++)
		if (strcmp(section_name(object, section_at(object, i)), name) == 0)
			return section_at(object, i);
	fail_msg("the object has no section %s", name);
	return NULL;
}

static struct iourd_descriptor *descriptor_of(struct object *object)
{
	const Elf64_Shdr *section = find_section(object, IOURD_DESCRIPTOR_SECTION);

	return (struct iourd_descriptor *)(object->bytes + section->sh_offset);
}

static int read_bytes(const void *bytes, size_t size, struct note *note,
		      struct kern_program_info *ret_info)
{
	void *image = NULL;
	size_t n;
	int fd = memfd_create("object", MFD_CLOEXEC), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	r = program_file_read(fd, note, ret_info, &image, &n);
	close(fd);
	if (r == 0) {
		assert_int_equal(n, size);
		free(image);
	}
	return r;
}

/* ---- the good object ---- */

static const struct layout_field *find_field(const struct layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->n_fields; i++)
		if (strcmp(layout->fields[i].name, name) == 0)
			return &layout->fields[i];
	fail_msg("there is no field %s", name);
	return NULL;
}

static void assert_field(const struct layout *layout, const char *name, enum layout_kind kind,
			 enum layout_access access, uint32_t offset, uint32_t size, uint32_t count)
{
	const struct layout_field *field = find_field(layout, name);

	assert_int_equal(field->kind, kind);
	assert_int_equal(field->access, access);
	assert_int_equal(field->offset, offset);
	assert_int_equal(field->size, size);
	assert_int_equal(field->count, count);
}

static void good_object_is_understood(void **state)
{
	struct object object = load_object();
	struct kern_program_info info = {};
	struct note note = {};
	const struct layout *layout = &info.layout;
	const struct layout_field *field;
	uint8_t digest[SHA256_SIZE];

	if (read_bytes(object.bytes, object.size, &note, &info) != 0)
		fail_msg("refused: %s\n%s", note.texts[1], note.texts[2]);
	sha256(object.bytes, object.size, digest);
	assert_memory_equal(info.digest, digest, sizeof(digest));
	assert_string_equal(info.descriptor.name, "tally");
	assert_int_equal(info.descriptor.version, 3);

	assert_int_equal(layout->size, info.descriptor.params_size);
	assert_field(layout, "depth", LAYOUT_UNSIGNED, LAYOUT_SETTING, 0, 4, 0);
	assert_field(layout, "answer", LAYOUT_SIGNED, LAYOUT_SETTING, 4, 4, 0);
	assert_field(layout, "operations", LAYOUT_UNSIGNED, LAYOUT_SETTING, 8, 8, 0);
	assert_field(layout, "mood", LAYOUT_ENUM, LAYOUT_SETTING, 16, 4, 0);
	assert_field(layout, "flag", LAYOUT_BOOL, LAYOUT_FIXED, 20, 1, 0);
	assert_field(layout, "label", LAYOUT_TEXT, LAYOUT_FIXED, 21, 11, 0);
	assert_field(layout, "submitted", LAYOUT_UNSIGNED, LAYOUT_PROGRESS, 32, 8, 0);
	assert_field(layout, "steps_b", LAYOUT_UNSIGNED, LAYOUT_PRIVATE, 64, 8, 0);
	assert_field(layout, "inner", LAYOUT_STRUCT, LAYOUT_PROGRESS, 72, 12, 0);
	assert_field(layout, "secret", LAYOUT_UNSIGNED, LAYOUT_PRIVATE, 88, 8, 2);

	field = find_field(layout, "depth");
	assert_true(field->bounded && field->minimum == 1 && field->maximum == 32);
	assert_true(field->initial == 8 && field->unit == IOURD_UNIT_REQUESTS);
	assert_string_equal(field->help, "NOPs in flight");
	assert_false(find_field(layout, "operations")->bounded);
	assert_true(find_field(layout, "answer")->initial == -1);
	assert_null(find_field(layout, "answer")->help);

	field = find_field(layout, "mood");
	assert_int_equal(field->n_values, 2);
	assert_string_equal(field->values[1].name, "TALLY_BUSY");
	assert_true(field->values[1].number == 7);

	field = find_field(layout, "inner");
	assert_int_equal(field->n_fields, 3);
	assert_string_equal(field->fields[1].name, "smaller");
	assert_int_equal(field->fields[1].kind, LAYOUT_SIGNED);
	assert_int_equal(field->fields[1].access, LAYOUT_PROGRESS);
	assert_int_equal(field->fields[1].offset, 2);
	assert_int_equal(field->fields[2].count, 2);
	layout_done(&info.layout);
	free(object.bytes);
}

/* ---- lies ---- */

struct lie {
	const char *reason; /* a part of it */
	void (*tell)(struct object *object);
};

#define LIE(name, text)                                                                            \
	static void name(struct object *object);                                                   \
	static const struct lie name##_lie = {text, name};                                         \
	static void name(struct object *object)
#define DESCRIPTOR_LIE(name, text, change)                                                         \
	LIE(name, text)                                                                            \
	{                                                                                          \
		struct iourd_descriptor *d = descriptor_of(object);                                \
		change;                                                                            \
	}

LIE(no_magic, "not an ELF file")
{
	object->bytes[1] = 'O';
}
LIE(short_class, "64-bit")
{
	object->bytes[EI_CLASS] = ELFCLASS32;
}
LIE(big_endian, "little-endian")
{
	object->bytes[EI_DATA] = ELFDATA2MSB;
}
LIE(other_machine, "its machine is 62")
{
	header_of(object)->e_machine = EM_X86_64;
}
LIE(executable, "its type is 2")
{
	header_of(object)->e_type = ET_EXEC;
}
LIE(no_table, "section table")
{
	header_of(object)->e_shoff = object->size;
}
LIE(huge_table, "section table")
{
	header_of(object)->e_shoff = UINT64_MAX - 8;
}
LIE(odd_entries, "section table")
{
	header_of(object)->e_shentsize = 8;
}
LIE(no_sections, "section table")
{
	header_of(object)->e_shnum = 0;
}
LIE(names_elsewhere, "section table")
{
	header_of(object)->e_shstrndx = 60000;
}
LIE(names_of_code, "section names")
{
	header_of(object)->e_shstrndx =
		(uint16_t)(find_section(object, "struct_ops.s/loop_step") - section_at(object, 0));
}
LIE(section_past_end, "past the end")
{
	find_section(object, ".BTF")->sh_size = object->size;
}
LIE(name_past_end, "no readable name")
{
	find_section(object, ".BTF")->sh_name = 1u << 30;
}
LIE(no_descriptor, "0 sections .iourd")
{
	strcpy(section_name(object, find_section(object, ".iourd")), ".iours");
}
LIE(two_descriptors, "2 sections .iourd")
{
	find_section(object, "license")->sh_name = find_section(object, ".iourd")->sh_name;
}
LIE(descriptor_cut, "bytes of content")
{
	find_section(object, ".iourd")->sh_size -= 8;
}
LIE(descriptor_nowhere, "has 0 bytes")
{
	find_section(object, ".iourd")->sh_type = SHT_NOBITS;
}
LIE(freplace, "section \"freplace/")
{
	memcpy(section_name(object, find_section(object, "struct_ops.s/loop_step")),
	       "freplace/some_function", 22);
}
LIE(control_bytes, "section \"free?")
{
	strcpy(section_name(object, find_section(object, "struct_ops.s/loop_step")), "free\033[2J");
}
LIE(old_struct_ops, "expected .struct_ops.link")
{
	strcpy(section_name(object, find_section(object, ".struct_ops.link")), ".struct_ops.lynx");
}
LIE(broken_types, "libbpf cannot read it")
{
	object->bytes[find_section(object, ".BTF")->sh_offset] ^= 1;
}
DESCRIPTOR_LIE(bad_magic, "descriptor.magic", d->magic++)
DESCRIPTOR_LIE(new_major, "abi_major is 2", d->abi_major = 2)
DESCRIPTOR_LIE(bad_size, "descriptor.size", d->size -= 1)
DESCRIPTOR_LIE(endless_name, "descriptor.name", memset(d->name, 'a', sizeof(d->name)))
DESCRIPTOR_LIE(no_name, "descriptor.name", d->name[0] = 0)
DESCRIPTOR_LIE(path_name, "descriptor.name", strcpy(d->name, "../tally"))
DESCRIPTOR_LIE(capital_name, "descriptor.name", d->name[0] = 'T')
DESCRIPTOR_LIE(endless_summary, "descriptor.summary", memset(d->summary, 'a', sizeof(d->summary)))
DESCRIPTOR_LIE(escaped_summary, "descriptor.summary", d->summary[0] = 27)
DESCRIPTOR_LIE(no_type, "params_type", d->params_type[0] = 0)
DESCRIPTOR_LIE(endless_type, "params_type", memset(d->params_type, 'a', sizeof(d->params_type)))
DESCRIPTOR_LIE(other_type, "has no such struct", strcpy(d->params_type, "tally_nothing"))
DESCRIPTOR_LIE(other_struct, "struct tally_inner has 12", strcpy(d->params_type, "tally_inner"))
DESCRIPTOR_LIE(no_params, "params_size is 0", d->params_size = 0)
DESCRIPTOR_LIE(small_params, "params_size is 8", d->params_size = 8)
DESCRIPTOR_LIE(huge_params, "params_size", d->params_size = IOURD_PARAMS_MAX + 1)
DESCRIPTOR_LIE(no_sq, "sq_entries is 0", d->sq_entries = 0)
DESCRIPTOR_LIE(odd_sq, "sq_entries is 3", d->sq_entries = 3)
DESCRIPTOR_LIE(huge_sq, "sq_entries is 8192", d->sq_entries = 8192)
DESCRIPTOR_LIE(small_cq, "cq_entries is 32", d->cq_entries = 32)
DESCRIPTOR_LIE(odd_cq, "cq_entries is 129", d->cq_entries = 129)
DESCRIPTOR_LIE(huge_cq, "cq_entries is 8192", d->cq_entries = 8192)
DESCRIPTOR_LIE(odd_unit, "progress_unit is 99", d->progress_unit = 99)
DESCRIPTOR_LIE(huge_data, "data_maximum", d->data_maximum = IOURD_DATA_MAX + 1)
DESCRIPTOR_LIE(initial_data, "data_initial", d->data_initial = d->data_maximum + 1)
DESCRIPTOR_LIE(uring_cmd, "(URING_CMD)", d->opcodes[0] |= 1ull << 46)
DESCRIPTOR_LIE(uring_cmd_128, "64 (URING_CMD)", d->opcodes[1] |= 1)
DESCRIPTOR_LIE(opcode_65, "has 65", d->opcodes[1] |= 2)
DESCRIPTOR_LIE(opcode_127, "has 127", d->opcodes[1] |= 1ull << 63)
DESCRIPTOR_LIE(many_slots, "slot_count is 9", d->slot_count = 9)
DESCRIPTOR_LIE(absurd_slots, "slot_count", d->slot_count = UINT32_MAX)
DESCRIPTOR_LIE(endless_slot, "slots[1].name", memset(d->slots[1].name, 'a', IOURD_SLOT_NAME_MAX))
DESCRIPTOR_LIE(capital_slot, "slots[0].name", d->slots[0].name[1] = 'X')
DESCRIPTOR_LIE(same_slots, "duplicate slot \"source\"", strcpy(d->slots[1].name, "source"))
DESCRIPTOR_LIE(idle_slot, "flags of slot \"source\"", d->slots[0].flags = IOURD_SLOT_OPTIONAL)
DESCRIPTOR_LIE(odd_slot, "flags of slot \"target\"", d->slots[1].flags |= 1u << 31)
DESCRIPTOR_LIE(typeless_slot, "types of slot \"source\"", d->slots[0].types = 0)
DESCRIPTOR_LIE(slot_of_odd_type, "types of slot \"source\"", d->slots[0].types |= 1u << 20)
DESCRIPTOR_LIE(endless_slot_help, "help of slot", memset(d->slots[0].help, 'a', IOURD_HELP_MAX))
DESCRIPTOR_LIE(many_fields, "field_count is 33", d->field_count = 33)
DESCRIPTOR_LIE(absurd_fields, "field_count", d->field_count = UINT32_MAX)
DESCRIPTOR_LIE(nameless_field, "fields[2].name", d->fields[2].name[0] = 0)
DESCRIPTOR_LIE(endless_field, "fields[0].name", memset(d->fields[0].name, 'a', IOURD_PATH_MAX))
DESCRIPTOR_LIE(endless_help, "help of field", memset(d->fields[0].help, 'a', IOURD_HELP_MAX))
DESCRIPTOR_LIE(unknown_field, "\"deepth\" is not a member", strcpy(d->fields[0].name, "deepth"))
DESCRIPTOR_LIE(same_fields, "duplicate field \"depth\"", strcpy(d->fields[1].name, "depth"))
DESCRIPTOR_LIE(odd_field, "flags of field", d->fields[0].flags = 1u << 5)
DESCRIPTOR_LIE(double_field, "flags of field", d->fields[0].flags = 3)
DESCRIPTOR_LIE(field_of_odd_unit, "unit of field", d->fields[0].unit = 7)
DESCRIPTOR_LIE(no_range, "above its maximum", d->fields[0].minimum = 33)
DESCRIPTOR_LIE(wide_range, "exceeds its type", d->fields[0].maximum = 1ll << 32)
DESCRIPTOR_LIE(negative_range, "exceeds its type", d->fields[0].minimum = -1)
DESCRIPTOR_LIE(initial_above, "initial value 33", d->fields[0].initial = 33)
DESCRIPTOR_LIE(initial_below, "initial value 0", d->fields[0].initial = 0)
DESCRIPTOR_LIE(no_such_mood, "not in its enum", d->fields[3].initial = 3)
DESCRIPTOR_LIE(truer_than_true, "initial value 2", d->fields[4].initial = 2)
DESCRIPTOR_LIE(text_with_range, "exceeds its type", d->fields[5].maximum = 5)
DESCRIPTOR_LIE(text_with_number, "initial value 1", d->fields[5].initial = 1)
DESCRIPTOR_LIE(struct_with_number, "initial value 1", d->fields[10].initial = 1)
DESCRIPTOR_LIE(data_of_nothing, "is \"nothing\"", strcpy(d->data_fields[0], "nothing"))
DESCRIPTOR_LIE(data_of_signed, "data_fields[1] is \"answer\"", strcpy(d->data_fields[1], "answer"))
DESCRIPTOR_LIE(data_of_progress, "\"submitted\"", strcpy(d->data_fields[1], "submitted"))
DESCRIPTOR_LIE(data_of_secret, "\"secret\"", strcpy(d->data_fields[1], "secret"))
DESCRIPTOR_LIE(data_second_only, "the first is empty", d->data_fields[0][0] = 0)
DESCRIPTOR_LIE(endless_data, "data_fields[0]", memset(d->data_fields[0], 'a', IOURD_NAME_MAX))
DESCRIPTOR_LIE(data_too_large, "need 8000 bytes", d->data_maximum = 7999)
DESCRIPTOR_LIE(data_overflow, "bytes of data", d->fields[2].initial = INT64_MAX)

static const struct lie *const lies[] = {
	&no_magic_lie,
	&short_class_lie,
	&big_endian_lie,
	&other_machine_lie,
	&executable_lie,
	&no_table_lie,
	&huge_table_lie,
	&odd_entries_lie,
	&no_sections_lie,
	&names_elsewhere_lie,
	&names_of_code_lie,
	&section_past_end_lie,
	&name_past_end_lie,
	&no_descriptor_lie,
	&two_descriptors_lie,
	&descriptor_cut_lie,
	&descriptor_nowhere_lie,
	&freplace_lie,
	&control_bytes_lie,
	&old_struct_ops_lie,
	&broken_types_lie,
	&bad_magic_lie,
	&new_major_lie,
	&bad_size_lie,
	&endless_name_lie,
	&no_name_lie,
	&path_name_lie,
	&capital_name_lie,
	&endless_summary_lie,
	&escaped_summary_lie,
	&no_type_lie,
	&endless_type_lie,
	&other_type_lie,
	&other_struct_lie,
	&no_params_lie,
	&small_params_lie,
	&huge_params_lie,
	&no_sq_lie,
	&odd_sq_lie,
	&huge_sq_lie,
	&small_cq_lie,
	&odd_cq_lie,
	&huge_cq_lie,
	&odd_unit_lie,
	&huge_data_lie,
	&initial_data_lie,
	&uring_cmd_lie,
	&uring_cmd_128_lie,
	&opcode_65_lie,
	&opcode_127_lie,
	&many_slots_lie,
	&absurd_slots_lie,
	&endless_slot_lie,
	&capital_slot_lie,
	&same_slots_lie,
	&idle_slot_lie,
	&odd_slot_lie,
	&typeless_slot_lie,
	&slot_of_odd_type_lie,
	&endless_slot_help_lie,
	&many_fields_lie,
	&absurd_fields_lie,
	&nameless_field_lie,
	&endless_field_lie,
	&endless_help_lie,
	&unknown_field_lie,
	&same_fields_lie,
	&odd_field_lie,
	&double_field_lie,
	&field_of_odd_unit_lie,
	&no_range_lie,
	&wide_range_lie,
	&negative_range_lie,
	&initial_above_lie,
	&initial_below_lie,
	&no_such_mood_lie,
	&truer_than_true_lie,
	&text_with_range_lie,
	&text_with_number_lie,
	&struct_with_number_lie,
	&data_of_nothing_lie,
	&data_of_signed_lie,
	&data_of_progress_lie,
	&data_of_secret_lie,
	&data_second_only_lie,
	&endless_data_lie,
	&data_too_large_lie,
	&data_overflow_lie,
};

static void lies_are_found_and_named(void **state)
{
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct object object = load_object();
		struct kern_program_info info = {};
		struct note note = {};
		int r;

		lies[i]->tell(&object);
		r = read_bytes(object.bytes, object.size, &note, &info);
		if (r != FAULT_PROGRAM_REJECTED)
			fail_msg("not found: %s (%d)", lies[i]->reason, r);
		if (!strstr(note.texts[1], lies[i]->reason))
			fail_msg("the reason is \"%s\", expected \"%s\"", note.texts[1],
				 lies[i]->reason);
		assert_null(info.layout.fields);
		note_done(&note);
		free(object.bytes);
	}
}

static void newer_minor_versions_are_read(void **state)
{
	struct object object = load_object();
	struct kern_program_info info = {};

	descriptor_of(&object)->abi_minor = 99;
	assert_int_equal(read_bytes(object.bytes, object.size, NULL, &info), 0);
	layout_done(&info.layout);
	free(object.bytes);
}

/* ---- damage: nothing to expect but an answer ---- */

static void read_damaged(const void *bytes, size_t size)
{
	struct kern_program_info info = {};
	struct note note = {};
	int r = read_bytes(bytes, size, &note, &info);

	assert_true(r == 0 || r == FAULT_PROGRAM_REJECTED);
	if (r == 0)
		layout_done(&info.layout);
	note_done(&note);
}

static void cut_objects_are_harmless(void **state)
{
	struct object object = load_object();

	for (size_t size = 1; size < object.size; size += 1 + size / 64)
		read_damaged(object.bytes, size);
	free(object.bytes);
}

static void damaged_objects_are_harmless(void **state)
{
	struct object object = load_object();
	uint32_t seed = 1;

	for (unsigned int round = 0; round < 3000; round++) {
		size_t at[3];
		uint8_t old[3];

		for (size_t i = 0; i < 3; i++) {
			seed = seed * 1664525u + 1013904223u;
			at[i] = (seed >> 4) % object.size;
			old[i] = object.bytes[at[i]];
			object.bytes[at[i]] = (uint8_t)(seed >> 24);
		}
		read_damaged(object.bytes, object.size);
		for (size_t i = 3; i > 0; i--)
			object.bytes[at[i - 1]] = old[i - 1];
	}
	free(object.bytes);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_object_is_understood),
		cmocka_unit_test(lies_are_found_and_named),
		cmocka_unit_test(newer_minor_versions_are_read),
		cmocka_unit_test(cut_objects_are_harmless),
		cmocka_unit_test(damaged_objects_are_harmless),
	};

	if (argc != 2)
		return 1;
	object_path = argv[1];
	libbpf_log_install();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
