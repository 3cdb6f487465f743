/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/answer.h"

#include "kern/kern.h"

static void put(FILE *to, const void *bytes, size_t size)
{
	fwrite(bytes, 1, size, to);
}

static void put_number(FILE *to, size_t number)
{
	uint32_t value = (uint32_t)number;

	put(to, &value, sizeof(value));
}

static void put_text(FILE *to, const char *text)
{
	fputs(text, to);
	putc('\0', to);
}

static void put_head(FILE *to, enum answer_kind kind)
{
	const struct answer_head head = {
		.magic = ANSWER_MAGIC, .version = ANSWER_VERSION, .kind = (uint16_t)kind};

	put(to, &head, sizeof(head));
}

static void put_list(FILE *to, const struct layout_field *fields, size_t n)
{
	put_number(to, n);
	for (size_t i = 0; i < n; i++) {
		const struct layout_field *field = &fields[i];

		put_number(to, field->kind);
		put_number(to, field->offset);
		put_number(to, field->size);
		put_number(to, field->count);
		put_text(to, field->name);
		if (field->kind == LAYOUT_ENUM)
			put_number(to, field->n_values);
		for (size_t j = 0; field->kind == LAYOUT_ENUM && j < field->n_values; j++) {
			put(to, &field->values[j].number, sizeof(field->values[j].number));
			put_text(to, field->values[j].name);
		}
		if (field->kind == LAYOUT_STRUCT)
			put_list(to, field->fields, field->n_fields);
	}
}

void answer_write_inspected(FILE *to, const struct kern_program_info *info)
{
	put_head(to, ANSWER_INSPECTED);
	put(to, &info->descriptor, sizeof(info->descriptor));
	put_number(to, info->layout.size);
	put_list(to, info->layout.fields, info->layout.n_fields);
}

void answer_write_loaded(FILE *to)
{
	put_head(to, ANSWER_LOADED);
}

void answer_write_failure(FILE *to, int r, const struct note *note)
{
	int32_t error = -r;

	put_head(to, r > 0 ? ANSWER_REFUSED : ANSWER_FAILED);
	if (r <= 0) {
		put(to, &error, sizeof(error));
		return;
	}
	for (size_t i = 0; i < NOTE_FIELDS_MAX; i++)
		put_text(to, note->texts[i] ? note->texts[i] : "");
}
