/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout.h - the fields of a parameter struct, known at run time only
 *
 * The daemon builds a layout from the BTF and the descriptor of a program's object
 * (daemon/kern/layout-btf.c, layout-describe.c), and reads and writes parameters through it as
 * JSON.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct note;

enum layout_kind {
	LAYOUT_BOOL,
	LAYOUT_SIGNED,
	LAYOUT_UNSIGNED,
	LAYOUT_TEXT, /* char[N], ends at its first NUL, if any */
	LAYOUT_ENUM,
	LAYOUT_STRUCT,
};

enum layout_access {
	/* In increasing restriction. The stricter of a struct's and its member's access applies. */
	LAYOUT_SETTING,	 /* may be set at any time */
	LAYOUT_FIXED,	 /* may be set until the ring is started */
	LAYOUT_PROGRESS, /* may only be read */
	LAYOUT_PRIVATE,	 /* never shown, but compared by layout_compare() */
};

struct layout_value {
	char *name;
	int64_t number;
};

struct layout_field {
	char *name;
	enum layout_kind kind;
	enum layout_access access;
	uint32_t offset; /* in the enclosing struct, in bytes */
	uint32_t size;	 /* of one element, in bytes; of a text, its capacity */
	uint32_t count;	 /* number of elements of an array; 0: not an array */
	uint32_t unit;	 /* IOURD_UNIT_* */
	bool bounded;	 /* minimum and maximum apply, besides the limits of the type */
	int64_t minimum;
	int64_t maximum;
	int64_t initial;
	char *help;		     /* may be NULL */
	struct layout_value *values; /* of an enum */
	size_t n_values;
	struct layout_field *fields; /* of a struct */
	size_t n_fields;
};

struct layout {
	uint32_t size; /* of the struct, in bytes */
	struct layout_field *fields;
	size_t n_fields;
};

/* Levels of structs, the outermost included: a DescribeProgram reply has MANAGER_DEPTH_MAX levels.
 */
#define LAYOUT_DEPTH_MAX 6
#define LAYOUT_ELEMENTS_MAX                                                                        \
	(1u << 16) /* values in the struct, each element of an array counted                       \
		    */

/*
 * 0 if the layout is safe to use, otherwise -EINVAL. Every field must have a name and a size that
 * is valid for its kind, and lie inside its struct; the limits above and IOURD_PARAMS_MAX must
 * hold. Pass only checked layouts to the functions below, except layout_done().
 */
int layout_check(const struct layout *layout);

/* Frees what the layout owns, but not the layout. Accepts a zeroed one. */
void layout_done(struct layout *layout);

/* Writes the initial values that are not 0 to @bytes (layout->size bytes, zeroed by the caller). */
void layout_write_initial(const struct layout *layout, void *bytes);

/*
 * Sets the fields in @bytes that @object names, either all of them or none. A field that may not be
 * set, or a value that is invalid, is FAULT_INVALID_PARAMETER, whose note has the path
 * ("parameters.a.b"), the value and what was expected. @started: the ring has been started, so
 * LAYOUT_FIXED fields may not be set.
 */
int layout_write(const struct layout *layout, struct json_object *object, bool started, void *bytes,
		 struct note *note);

/*
 * Reads the fields in @names (paths such as "table[3].hops"; n_names 0: all that are not private)
 * from @bytes, which others may write at the same time: each number is read once. The keys of the
 * object are the paths as given. The caller puts it. FAULT_INVALID_PARAMETER: no readable field has
 * that path, or the paths together name more values than the struct has, or one path twice.
 */
int layout_read(const struct layout *layout, const void *bytes, const char *const *names,
		size_t n_names, struct note *note, struct json_object **ret);

/*
 * The value of the integer at the path @name; a signed one is sign-extended. 0 if no readable
 * integer has that path.
 */
uint64_t layout_number(const struct layout *layout, const void *bytes, const char *name);

/*
 * The fields that are not private as JSON for DescribeProgram, an array of the IDL's type Field.
 * The caller puts the array.
 */
int layout_to_json(const struct layout *layout, struct json_object **ret);

/*
 * 0 if parameters of one layout can be used with the other unchanged. Otherwise
 * FAULT_LAYOUT_MISMATCH, whose note has the first field that differs, and the difference. Names,
 * kinds, sizes, offsets, array lengths and enum values count; access, units, limits, initial values
 * and help do not.
 */
int layout_compare(const struct layout *from, const struct layout *to, struct note *note);

#endif
