/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout.h - the typed view of a parameter struct, without the struct's C type
 *
 * The daemon builds a layout from the BTF of a program's object (daemon/kern/layout.c), the client
 * from a DescribeProgram reply. Both read and write parameters through it, as JSON.
 */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct note;

enum layout_kind {
	LAYOUT_BOOL,
	LAYOUT_SIGNED,
	LAYOUT_UNSIGNED,
	LAYOUT_TEXT, /* char[N], NUL-terminated unless full */
	LAYOUT_ENUM,
	LAYOUT_STRUCT,
};

enum layout_access {
	/* A member of a struct is as restricted as the struct, or more. */
	LAYOUT_SETTING,	 /* anybody who may steer the ring may set it */
	LAYOUT_FIXED,	 /* settable until the ring is started */
	LAYOUT_PROGRESS, /* the program writes it */
	LAYOUT_PRIVATE,	 /* of the program: part of the layout, never shown */
};

struct layout_value {
	char *name;
	int64_t number;
};

struct layout_field {
	char *name;
	enum layout_kind kind;
	enum layout_access access;
	uint32_t offset; /* bytes, from the start of the enclosing struct */
	uint32_t size;	 /* bytes of one element; of a text: its capacity */
	uint32_t count;	 /* elements of an array; 0: not an array */
	uint32_t unit;	 /* IOURD_UNIT_* */
	bool bounded;	 /* minimum and maximum say more than the type does */
	int64_t minimum;
	int64_t maximum;
	int64_t initial;
	char *help;		     /* or NULL */
	struct layout_value *values; /* of an enum */
	size_t n_values;
	struct layout_field *fields; /* of a struct */
	size_t n_fields;
};

struct layout {
	uint32_t size; /* bytes of the whole struct */
	struct layout_field *fields;
	size_t n_fields;
};

/* Structs in structs: what a DescribeProgram reply can show within MANAGER_DEPTH_MAX levels. */
#define LAYOUT_DEPTH_MAX    6
#define LAYOUT_ELEMENTS_MAX (1u << 16) /* numbers and texts in all, arrays counted by element */

/*
 * 0 if the layout, whatever made it, is safe to use: every field has a name, a size that its kind
 * can have, and lies inside its struct; the limits above and IOURD_PARAMS_MAX hold. Else -EINVAL.
 * All that follows needs it.
 */
int layout_check(const struct layout *layout);

/* Frees what the layout owns, not the layout; fit for a zeroed one. */
void layout_done(struct layout *layout);

/* Writes every field's initial value into @bytes (layout->size bytes, zeroed by the caller). */
void layout_write_initial(const struct layout *layout, void *bytes);

/*
 * Sets the fields that @object names, in @bytes. All or nothing: when one is refused, @bytes is
 * unchanged and a FAULT_INVALID_PARAMETER is returned whose note names the field
 * ("parameters.a.b"), its value and what it takes. @started: fields that are LAYOUT_FIXED are
 * refused too.
 */
int layout_write(const struct layout *layout, struct json_object *object, bool started, void *bytes,
		 struct note *note);

/*
 * Reads the fields in @names (dotted paths such as "table[3].hops"; n_names 0: all that are not
 * private) from @bytes, which others may be writing: each number is read once. The object has the
 * paths as they were given as its keys. The caller puts it. FAULT_INVALID_PARAMETER: a path that
 * leads nowhere.
 */
int layout_read(const struct layout *layout, const void *bytes, const char *const *names,
		size_t n_names, struct note *note, struct json_object **ret);

/* The value of the unsigned or signed scalar @name, 0 if there is none of that name. */
uint64_t layout_number(const struct layout *layout, const void *bytes, const char *name);

/*
 * As JSON for DescribeProgram (an array of the IDL's type Field, without what is private), and
 * back, where anything that is no layout is -EBADMSG. The caller puts the array.
 */
int layout_to_json(const struct layout *layout, struct json_object **ret);

/*
 * 0 if a ring may go from one layout to the other with its parameters as they are; otherwise
 * FAULT_LAYOUT_MISMATCH whose note names the first field that differs, and how.
 */
int layout_compare(const struct layout *from, const struct layout *to, struct note *note);

#endif
