/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <string.h>

#include "iourd/abi.h"
#include "lib/answer.h"

static const struct schema_field name_fields[] = {
	{.name = "name", .kind = SCHEMA_TEXT},
	{},
};
static const struct schema_type name_type = {.size = sizeof(const char *), .fields = name_fields};

#define RING_FIELDS                                                                                \
	{.name = "ring",                                                                           \
	 .kind = SCHEMA_STRUCT,                                                                    \
	 .offset = offsetof(struct answer_ring, ring),                                             \
	 .type = &name_type},                                                                      \
	{                                                                                          \
		.name = "regionFileDescriptor", .kind = SCHEMA_FD,                                 \
		.offset = offsetof(struct answer_ring, region_fd)                                  \
	}

static const struct schema_field opened_fields[] = {RING_FIELDS, {}};
static const struct schema_field created_fields[] = {
	RING_FIELDS,
	{.name = "leaseFileDescriptor",
	 .kind = SCHEMA_FD,
	 .optional = true,
	 .offset = offsetof(struct answer_ring, lease_fd)},
	{},
};
static const struct schema_field entries_fields[] = {
	{.name = "name", .kind = SCHEMA_TEXT},
	{.name = "submissionEntries",
	 .kind = SCHEMA_INT,
	 .offset = offsetof(struct answer_prepared, ring.sq_entries),
	 .minimum = 1,
	 .maximum = IOURD_ENTRIES_MAX},
	{.name = "completionEntries",
	 .kind = SCHEMA_INT,
	 .offset = offsetof(struct answer_prepared, ring.cq_entries),
	 .minimum = 1,
	 .maximum = IOURD_ENTRIES_MAX},
	{},
};
static const struct schema_type entries_type = {.size = sizeof(((struct answer_prepared *)0)->ring),
						.fields = entries_fields};
static const struct schema_field prepared_fields[] = {
	{.name = "ring",
	 .kind = SCHEMA_STRUCT,
	 .offset = offsetof(struct answer_prepared, ring),
	 .type = &entries_type},
	{.name = "regionFileDescriptor",
	 .kind = SCHEMA_FD,
	 .offset = offsetof(struct answer_prepared, region_fd)},
	{.name = "leaseFileDescriptor",
	 .kind = SCHEMA_FD,
	 .offset = offsetof(struct answer_prepared, lease_fd)},
	{.name = "slots", .kind = SCHEMA_TEXTS, .offset = offsetof(struct answer_prepared, slots)},
	{},
};
static const struct schema_field text_state_fields[] = {
	{.name = "state", .kind = SCHEMA_TEXT},
	{},
};
static const struct schema_type text_state_type = {.size = sizeof(const char *),
						   .fields = text_state_fields};
static const struct schema_field state_fields[] = {
	{.name = "ring",
	 .kind = SCHEMA_STRUCT,
	 .offset = offsetof(struct answer_state, ring),
	 .type = &text_state_type},
	{},
};
static const struct schema_field swap_fields[] = {
	{.name = "generation",
	 .kind = SCHEMA_INT,
	 .offset = offsetof(struct answer_swap, generation),
	 .minimum = 0,
	 .maximum = INT64_MAX},
	{},
};
static const struct schema_field parameters_fields[] = {
	{.name = "parameters",
	 .kind = SCHEMA_OBJECT,
	 .offset = offsetof(struct answer_parameters, parameters)},
	{},
};
static const struct schema_field event_fields[] = {
	{.name = "kind", .kind = SCHEMA_TEXT, .offset = offsetof(struct answer_event, kind)},
	{.name = "number", .kind = SCHEMA_INT, .offset = offsetof(struct answer_event, number)},
	{.name = "time", .kind = SCHEMA_INT, .offset = offsetof(struct answer_event, time)},
	{.name = "ring",
	 .kind = SCHEMA_TEXT,
	 .optional = true,
	 .offset = offsetof(struct answer_event, ring)},
	{.name = "program",
	 .kind = SCHEMA_TEXT,
	 .optional = true,
	 .offset = offsetof(struct answer_event, program)},
	{.name = "reason",
	 .kind = SCHEMA_TEXT,
	 .optional = true,
	 .offset = offsetof(struct answer_event, reason)},
	{.name = "generation",
	 .kind = SCHEMA_OPTIONAL_INT,
	 .optional = true,
	 .offset = offsetof(struct answer_event, generation)},
	{.name = "lost",
	 .kind = SCHEMA_OPTIONAL_INT,
	 .optional = true,
	 .offset = offsetof(struct answer_event, lost)},
	{},
};

const struct schema_type answer_created_type = {
	.size = sizeof(struct answer_ring),
	.fields = created_fields,
};
const struct schema_type answer_opened_type = {
	.size = sizeof(struct answer_ring),
	.fields = opened_fields,
};
const struct schema_type answer_prepared_type = {
	.size = sizeof(struct answer_prepared),
	.fields = prepared_fields,
};
const struct schema_type answer_state_type = {
	.size = sizeof(struct answer_state),
	.fields = state_fields,
};
const struct schema_type answer_swap_type = {
	.size = sizeof(struct answer_swap),
	.fields = swap_fields,
};
const struct schema_type answer_parameters_type = {
	.size = sizeof(struct answer_parameters),
	.fields = parameters_fields,
};
const struct schema_type answer_event_type = {
	.size = sizeof(struct answer_event),
	.fields = event_fields,
};

void answer_done(struct answer *answer)
{
	schema_fds_done(&answer->fds);
	json_object_put(answer->parameters);
	*answer = (struct answer){};
}

/* Removes the members that @type does not name. */
static void prune(struct json_object *object, const struct schema_type *type)
{
	const struct schema_field *field;

	if (!json_object_is_type(object, json_type_object))
		return; /* schema_decode() will say what is wrong with it */
	json_object_object_foreach(object, name, member) {
		for (field = type->fields; field->name; field++)
			if (strcmp(field->name, name) == 0)
				break;
		if (!field->name)
			json_object_object_del(object, name);
		else if (field->kind == SCHEMA_STRUCT)
			prune(member, field->type);
	}
}

int answer_decode(struct answer *answer, const struct schema_type *type, struct note *note,
		  void *ret)
{
	prune(answer->parameters, type);
	return schema_decode(type, answer->parameters, &answer->fds, note, ret);
}
