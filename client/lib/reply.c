/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <string.h>

#include "iourd/abi.h"
#include "lib/reply.h"

static const struct schema_field name_fields[] = {
	{.name = "name", .kind = SCHEMA_TEXT},
	{},
};
static const struct schema_type name_type = {.size = sizeof(const char *), .fields = name_fields};

#define RING_FIELDS                                                                                \
	{.name = "ring",                                                                           \
	 .kind = SCHEMA_STRUCT,                                                                    \
	 .offset = offsetof(struct ring_reply, ring),                                              \
	 .type = &name_type},                                                                      \
	{                                                                                          \
		.name = "regionFileDescriptor", .kind = SCHEMA_FD,                                 \
		.offset = offsetof(struct ring_reply, region_fd)                                   \
	}

static const struct schema_field opened_fields[] = {RING_FIELDS, {}};
static const struct schema_field created_fields[] = {
	RING_FIELDS,
	{.name = "leaseFileDescriptor",
	 .kind = SCHEMA_FD,
	 .optional = true,
	 .offset = offsetof(struct ring_reply, lease_fd)},
	{},
};
static const struct schema_field entries_fields[] = {
	{.name = "name", .kind = SCHEMA_TEXT},
	{.name = "submissionEntries",
	 .kind = SCHEMA_INT,
	 .offset = offsetof(struct prepared_reply, ring.sq_entries),
	 .minimum = 1,
	 .maximum = IOURD_ENTRIES_MAX},
	{.name = "completionEntries",
	 .kind = SCHEMA_INT,
	 .offset = offsetof(struct prepared_reply, ring.cq_entries),
	 .minimum = 1,
	 .maximum = IOURD_ENTRIES_MAX},
	{},
};
static const struct schema_type entries_type = {.size = sizeof(((struct prepared_reply *)0)->ring),
						.fields = entries_fields};
static const struct schema_field prepared_fields[] = {
	{.name = "ring",
	 .kind = SCHEMA_STRUCT,
	 .offset = offsetof(struct prepared_reply, ring),
	 .type = &entries_type},
	{.name = "regionFileDescriptor",
	 .kind = SCHEMA_FD,
	 .offset = offsetof(struct prepared_reply, region_fd)},
	{.name = "leaseFileDescriptor",
	 .kind = SCHEMA_FD,
	 .offset = offsetof(struct prepared_reply, lease_fd)},
	{.name = "slots", .kind = SCHEMA_TEXTS, .offset = offsetof(struct prepared_reply, slots)},
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
	 .offset = offsetof(struct state_reply, ring),
	 .type = &text_state_type},
	{},
};
static const struct schema_field swap_fields[] = {
	{.name = "generation",
	 .kind = SCHEMA_INT,
	 .offset = offsetof(struct swap_reply, generation),
	 .minimum = 0,
	 .maximum = INT64_MAX},
	{},
};
static const struct schema_field parameters_fields[] = {
	{.name = "parameters",
	 .kind = SCHEMA_OBJECT,
	 .offset = offsetof(struct parameters_reply, parameters)},
	{},
};
static const struct schema_field event_fields[] = {
	{.name = "kind", .kind = SCHEMA_TEXT, .offset = offsetof(struct event_reply, kind)},
	{.name = "number", .kind = SCHEMA_INT, .offset = offsetof(struct event_reply, number)},
	{.name = "time", .kind = SCHEMA_INT, .offset = offsetof(struct event_reply, time)},
	{.name = "ring",
	 .kind = SCHEMA_TEXT,
	 .optional = true,
	 .offset = offsetof(struct event_reply, ring)},
	{.name = "program",
	 .kind = SCHEMA_TEXT,
	 .optional = true,
	 .offset = offsetof(struct event_reply, program)},
	{.name = "reason",
	 .kind = SCHEMA_TEXT,
	 .optional = true,
	 .offset = offsetof(struct event_reply, reason)},
	{.name = "generation",
	 .kind = SCHEMA_OPTIONAL_INT,
	 .optional = true,
	 .offset = offsetof(struct event_reply, generation)},
	{.name = "lost",
	 .kind = SCHEMA_OPTIONAL_INT,
	 .optional = true,
	 .offset = offsetof(struct event_reply, lost)},
	{},
};

const struct schema_type reply_created_type = {
	.size = sizeof(struct ring_reply),
	.fields = created_fields,
};
const struct schema_type reply_opened_type = {
	.size = sizeof(struct ring_reply),
	.fields = opened_fields,
};
const struct schema_type reply_prepared_type = {
	.size = sizeof(struct prepared_reply),
	.fields = prepared_fields,
};
const struct schema_type reply_state_type = {
	.size = sizeof(struct state_reply),
	.fields = state_fields,
};
const struct schema_type reply_swap_type = {
	.size = sizeof(struct swap_reply),
	.fields = swap_fields,
};
const struct schema_type reply_parameters_type = {
	.size = sizeof(struct parameters_reply),
	.fields = parameters_fields,
};
const struct schema_type reply_event_type = {
	.size = sizeof(struct event_reply),
	.fields = event_fields,
};

void reply_done(struct reply *reply)
{
	schema_fds_done(&reply->fds);
	json_object_put(reply->parameters);
	*reply = (struct reply){};
}

/* Removes the members that @type does not have. */
static void prune(struct json_object *object, const struct schema_type *type)
{
	const struct schema_field *field;

	if (!json_object_is_type(object, json_type_object))
		return; /* schema_decode() reports it */
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

int reply_decode(struct reply *reply, const struct schema_type *type, struct note *note, void *ret)
{
	prune(reply->parameters, type);
	return schema_decode(type, reply->parameters, &reply->fds, note, ret);
}
