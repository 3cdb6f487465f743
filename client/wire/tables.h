/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tables.h - macros for the interface tables, and tables that several files share
 */
#ifndef WIRE_TABLES_H
#define WIRE_TABLES_H

#include <stddef.h>

#include "wire/fault.h"
#include "wire/manager.h"

/* clang-format off */
/* FIELD(wire_file, slot, "slot", TEXT, "The slot's name.", .optional = true) */
#define FIELD(tag, member, n, k, h, ...)                                                           \
	{                                                                                          \
		.name = n, .kind = SCHEMA_##k, .offset = offsetof(struct tag, member), .help = h,  \
		__VA_ARGS__                                                                        \
	}

/* The table of a struct's fields, with its terminator. */
#define TABLE(...) ((const struct schema_field[]){__VA_ARGS__, {}})
#define EMPTY	   ((const struct schema_field[]){{}})

#define CHOICES(...) .choices = ((const char *const[]){__VA_ARGS__, NULL})

/*
 * The descriptions of all faults in the order of the enum. The second table starts with
 * FAULT_INVALID_PARAMETER. Both end with a NULL name.
 */
extern const struct schema_error fault_manager_errors[];
extern const struct schema_error fault_service_errors[];
/* The row of a fault; NULL for FAULT_NONE and anything that is no fault. */
const struct schema_error *fault_describe(enum fault fault);

extern const struct schema_type wire_capability_type;
extern const struct schema_type wire_limits_type;
extern const struct schema_type wire_problem_type;
extern const struct schema_type wire_decision_type;
extern const struct schema_type wire_program_type;
extern const struct schema_type wire_slot_type;
extern const struct schema_type wire_field_type;
extern const struct schema_type wire_file_type;
extern const struct schema_type wire_ring_type;

/* In the order of IOURD_UNIT_* and IOURD_WORK_*, followed by "unknown" and NULL. */
extern const char *const manager_units[];
extern const char *const manager_work_states[];

#endif
