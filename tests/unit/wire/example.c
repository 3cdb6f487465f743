/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "example.h"

#include "iourd/abi.h"

/* clang-format off */
struct layout_value example_modes[3] = {
	{(char *)"fast", MODE_FAST},
	{(char *)"safe", MODE_SAFE},
	{(char *)"negative", MODE_NEGATIVE},
};

#define AT(type, member) .offset = offsetof(type, member)
#define SCALAR(n, k)                                                                               \
	{                                                                                          \
		.name = (char *)#n, .kind = LAYOUT_##k, AT(struct example, n),                     \
		.size = sizeof(((struct example *)0)->n)                                           \
	}

struct layout_field example_entry_fields[3] = {
	{.name = (char *)"state", .kind = LAYOUT_UNSIGNED, AT(struct entry, state), .size = 2},
	{.name = (char *)"hidden", .kind = LAYOUT_UNSIGNED, .access = LAYOUT_PRIVATE,
	 AT(struct entry, hidden), .size = 1},
	{.name = (char *)"tag", .kind = LAYOUT_TEXT, AT(struct entry, tag), .size = 4},
};

static struct layout_field nested_fields[] = {
	{.name = (char *)"inner", .kind = LAYOUT_UNSIGNED, .offset = 0, .size = 4, .initial = 3},
	{.name = (char *)"words", .kind = LAYOUT_TEXT, .offset = 4, .size = 3, .count = 2},
};

struct layout_field example_fields[EXAMPLE_FIELDS] = {
	SCALAR(on, BOOL),
	SCALAR(s8, SIGNED),
	SCALAR(u8, UNSIGNED),
	SCALAR(s16, SIGNED),
	SCALAR(u16, UNSIGNED),
	SCALAR(s32, SIGNED),
	SCALAR(u32, UNSIGNED),
	SCALAR(s64, SIGNED),
	SCALAR(u64, UNSIGNED),
	{.name = (char *)"mode", .kind = LAYOUT_ENUM, AT(struct example, mode), .size = 4,
	 .values = example_modes, .n_values = 3, .initial = MODE_SAFE},
	{.name = (char *)"depth", .kind = LAYOUT_UNSIGNED, AT(struct example, depth), .size = 4,
	 .bounded = true, .minimum = 1, .maximum = 64, .initial = 16, .unit = IOURD_UNIT_REQUESTS,
	 .help = (char *)"Requests in flight."},
	{.name = (char *)"fixed", .kind = LAYOUT_UNSIGNED, .access = LAYOUT_FIXED,
	 AT(struct example, fixed), .size = 4},
	{.name = (char *)"done", .kind = LAYOUT_UNSIGNED, .access = LAYOUT_PROGRESS,
	 AT(struct example, done), .size = 8, .unit = IOURD_UNIT_BYTES},
	{.name = (char *)"secret", .kind = LAYOUT_UNSIGNED, .access = LAYOUT_PRIVATE,
	 AT(struct example, secret), .size = 8},
	{.name = (char *)"name", .kind = LAYOUT_TEXT, AT(struct example, name), .size = 8},
	{.name = (char *)"list", .kind = LAYOUT_UNSIGNED, AT(struct example, list), .size = 2,
	 .count = 3, .initial = 9},
	{.name = (char *)"entries", .kind = LAYOUT_STRUCT, AT(struct example, entries),
	 .size = sizeof(struct entry), .count = 2, .fields = example_entry_fields, .n_fields = 3},
	{.name = (char *)"nested", .kind = LAYOUT_STRUCT, AT(struct example, nested),
	 .size = sizeof(((struct example *)0)->nested), .fields = nested_fields, .n_fields = 2},
	{.name = (char *)"below", .kind = LAYOUT_SIGNED, AT(struct example, below), .size = 4,
	 .bounded = true, .minimum = -20, .maximum = -10},
};

const struct layout example = {
	.size = sizeof(struct example),
	.fields = example_fields,
	.n_fields = EXAMPLE_FIELDS,
};
