/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads answers of a loader that its object has taken over.
 *
 * Input: an answer; or, if it starts with 'L', a list of fields after a good head and descriptor.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "kern/answer.h"
#include "kern/kern.h"
#include "kern/names.h"

#define ERRNO_LAST 4095

/* Of a program that has fields of each access. */
static void describe(struct iourd_descriptor *d)
{
	static const char *const names[] = {"depth", "mode", "done", "inner"};

	*d = (struct iourd_descriptor){
		.magic = IOURD_DESCRIPTOR_MAGIC,
		.abi_major = IOURD_ABI_MAJOR,
		.abi_minor = IOURD_ABI_MINOR,
		.size = sizeof(*d),
		.version = 1,
		.name = "fuzz",
		.params_type = "fuzz_params",
		.params_size = 128,
		.sq_entries = 8,
		.cq_entries = 16,
		.data_maximum = 1 << 20,
		.data_fields = {"depth"},
		.field_count = 4,
	};
	for (size_t i = 0; i < 4; i++) {
		strcpy(d->fields[i].name, names[i]);
		strcpy(d->fields[i].help, "help");
	}
	d->fields[0].maximum = 64;
	d->fields[1].flags = IOURD_FIELD_FIXED;
	d->fields[2].flags = IOURD_FIELD_PROGRESS;
}

static void check_fields(const struct layout_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		MUST(is_identifier(fields[i].name) ||
		     strcmp(fields[i].name, ANSWER_ANONYMOUS) == 0);
		for (size_t j = 0; j < fields[i].n_values; j++)
			MUST(is_identifier(fields[i].values[j].name));
		check_fields(fields[i].fields, fields[i].n_fields);
	}
}

/* What is read can be used, and written and read again. */
static void check_info(struct kern_program_info *info)
{
	struct kern_program_info again = {};
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&bytes, &size);

	MUST(layout_check(&info->layout) == 0);
	MUST(info->layout.size == info->descriptor.params_size);
	check_fields(info->layout.fields, info->layout.n_fields);
	MUST(stream);
	answer_write_inspected(stream, info);
	MUST(fclose(stream) == 0);
	MUST(answer_read(bytes, size, ANSWER_INSPECTED, NULL, &again) == 0);
	MUST(layout_compare(&info->layout, &again.layout, NULL) == 0);
	layout_done(&again.layout);
}

static void read_answer(const void *bytes, size_t size, enum answer_kind expected)
{
	struct kern_program_info info = {};
	struct note note = {};
	int r = answer_read(bytes, size, expected, &note, &info);

	MUST(r == 0 || r == FAULT_PROGRAM_REJECTED || (r < 0 && r >= -ERRNO_LAST));
	MUST((r > 0) == (note.fault != FAULT_NONE));
	for (size_t i = 0; i < NOTE_FIELDS_MAX && r > 0; i++)
		for (const char *c = note.texts[i]; *c; c++)
			MUST((*c >= ' ' && *c <= '~') || *c == '\n' || *c == '\t');
	if (r == 0 && expected == ANSWER_INSPECTED)
		check_info(&info);
	layout_done(&info.layout);
	note_done(&note);
}

/* A copy of the exact size, so that a sanitizer sees what is read past it. */
static void read_list(const uint8_t *data, size_t size)
{
	const struct answer_head head = {ANSWER_MAGIC, ANSWER_VERSION, ANSWER_INSPECTED};
	struct iourd_descriptor descriptor;
	size_t n = sizeof(head) + sizeof(descriptor);
	_cleanup_free_ char *bytes = malloc(n + sizeof(descriptor.params_size) + size);

	MUST(bytes);
	describe(&descriptor);
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), &descriptor, sizeof(descriptor));
	memcpy(bytes + n, &descriptor.params_size, sizeof(descriptor.params_size));
	n += sizeof(descriptor.params_size);
	memcpy(bytes + n, data, size);
	read_answer(bytes, n + size, ANSWER_INSPECTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'L') {
		read_list(data + 1, size - 1);
	} else {
		read_answer(data, size, ANSWER_INSPECTED);
		read_answer(data, size, ANSWER_LOADED);
	}
	return 0;
}
