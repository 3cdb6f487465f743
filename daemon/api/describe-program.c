/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* describe-program.c - DescribeProgram */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/handlers.h"
#include "api/views.h"
#include "wire/json.h"
#include "layout/layout.h"

#define FILE_TYPES 5

static const struct {
	uint32_t flag;
	const char *text;
} file_types[FILE_TYPES] = {
	{IOURD_TYPE_REGULAR, "regular"}, {IOURD_TYPE_BLOCK, "block"},
	{IOURD_TYPE_SOCKET, "socket"},	 {IOURD_TYPE_PIPE, "pipe"},
	{IOURD_TYPE_CHAR, "character"},
};

struct description { /* what the reply points to */
	char digest[SHA256_TEXT_SIZE];
	const char *operations[IOURD_OPCODES_MAX];
	struct wire_slot slots[IOURD_SLOTS_MAX];
	const char *types[IOURD_SLOTS_MAX][FILE_TYPES];
	const char *data_fields[2];
	struct json_object **fields;
	size_t n_fields;
	struct json_object *fields_json; /* the array that they are in */
};

static void description_done(struct description *description)
{
	free(description->fields);
	json_put(description->fields_json);
}

static void describe_slots(const struct iourd_descriptor *descriptor, struct description *d)
{
	for (size_t i = 0; i < descriptor->slot_count; i++) {
		const struct iourd_slot_descriptor *from = &descriptor->slots[i];
		struct wire_slot *to = &d->slots[i];

		*to = (struct wire_slot){
			.name = from->name,
			.read = from->flags & IOURD_SLOT_READ,
			.write = from->flags & IOURD_SLOT_WRITE,
			.optional = from->flags & IOURD_SLOT_OPTIONAL,
			.distinct = from->flags & IOURD_SLOT_DISTINCT,
			.types = {.items = d->types[i]},
			.help = from->help,
		};
		for (size_t k = 0; k < FILE_TYPES; k++)
			if (from->types & file_types[k].flag)
				d->types[i][to->types.n++] = file_types[k].text;
	}
}

static void describe_descriptor(const struct iourd_descriptor *descriptor, struct description *d,
				struct out_describe_program *out)
{
	out->submission_entries = descriptor->sq_entries;
	out->completion_entries = descriptor->cq_entries;
	out->parameter_bytes = descriptor->params_size;
	out->data_bytes_initial = (int64_t)descriptor->data_initial;
	out->data_bytes_maximum = (int64_t)descriptor->data_maximum;
	out->progress_unit = manager_unit_text(descriptor->progress_unit);
	out->operations.items = d->operations;
	for (uint32_t opcode = 0; opcode < IOURD_OPCODES_MAX; opcode++) {
		const char *text = manager_opcode_text(opcode);

		if (text && descriptor->opcodes[opcode / 64] >> opcode % 64 & 1)
			d->operations[out->operations.n++] = text;
	}
	out->data_fields.items = d->data_fields;
	for (size_t i = 0; i < 2; i++)
		if (descriptor->data_fields[i][0])
			d->data_fields[out->data_fields.n++] = descriptor->data_fields[i];
	describe_slots(descriptor, d);
	out->slots = (struct schema_array){.items = d->slots, .n = descriptor->slot_count};
}

static int describe_fields(const struct layout *layout, struct description *d)
{
	int r;

	r = layout_to_json(layout, &d->fields_json);
	if (r < 0)
		return r;
	return json_elements(d->fields_json, &d->fields, &d->n_fields);
}

int handle_describe_program(struct call *call, const void *input)
{
	const struct in_program *in = input;
	_cleanup_(description_done) struct description d = {0};
	struct out_describe_program out = {.progress_unit = manager_unit_text(IOURD_UNIT_NONE)};
	struct program_view view;
	int r;

	r = manager_program_find(call->api->manager, in->program, &call->note, &view);
	if (r != 0)
		return r;
	view_program(&view, d.digest, &out.program);
	if (view.info) {
		describe_descriptor(&view.info->descriptor, &d, &out);
		r = describe_fields(&view.info->layout, &d);
		if (r < 0)
			return r;
		out.fields = (struct schema_array){.items = d.fields, .n = d.n_fields};
	}
	call_reply(call, &out);
	return 0;
}
