/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * example.h - a parameter struct with a member of every kind, and its layout
 */
#ifndef TESTS_WIRE_EXAMPLE_H
#define TESTS_WIRE_EXAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout/layout.h"

enum mode { MODE_FAST, MODE_SAFE = 5, MODE_NEGATIVE = -1 };

struct entry {
	uint16_t state;
	uint8_t hidden;
	char tag[4];
};

struct example {
	bool on;
	int8_t s8;
	uint8_t u8;
	int16_t s16;
	uint16_t u16;
	int32_t s32;
	uint32_t u32;
	int64_t s64;
	uint64_t u64;
	enum mode mode;
	uint32_t depth;
	uint32_t fixed;
	uint64_t done;
	uint64_t secret;
	char name[8];
	uint16_t list[3];
	struct entry entries[2];
	struct {
		uint32_t inner;
		char words[2][3];
	} nested;
	int32_t below; /* bounded by -20 to -10 */
};

#define EXAMPLE_FIELDS	19u
#define EXAMPLE_MODE	9u /* index of the enum */
#define EXAMPLE_DEPTH	10u
#define EXAMPLE_ENTRIES 16u

extern struct layout_value example_modes[3];
extern struct layout_field example_entry_fields[3];
extern struct layout_field example_fields[EXAMPLE_FIELDS];
extern const struct layout example;

#endif
