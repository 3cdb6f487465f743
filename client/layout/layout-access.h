/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout-access.h - functions that the files of this room share
 */
#ifndef LAYOUT_ACCESS_H
#define LAYOUT_ACCESS_H

#include "layout/layout.h"

struct layout_fields {
	const struct layout_field *fields;
	size_t n;
};

/*
 * Load or store a number of 1, 2, 4 or 8 bytes. The access is atomic if @at is aligned to @size.
 * layout_load() does not extend the sign.
 */
uint64_t layout_load(const void *at, uint32_t size);
void layout_store(void *at, uint32_t size, uint64_t number);
/* Loads an element of @field; extends the sign if it is signed. */
uint64_t layout_load_number(const struct layout_field *field, const void *at);

static inline uint32_t layout_elements(const struct layout_field *field)
{
	return field->count ?: 1;
}

static inline enum layout_access layout_restrict(enum layout_access outer,
						 const struct layout_field *field)
{
	return field->access > outer ? field->access : outer;
}

/* The field whose name is the @n bytes at @name; NULL if none has it. */
const struct layout_field *layout_find(struct layout_fields in, const char *name, size_t n);

/*
 * Finds the field at @path ("a.b", "table[3].hops"). *ret_offset: in the outermost struct;
 * *ret_element: the path ends in an index, so it denotes one element and not the whole array;
 * *ret_access: the strictest access on the path. NULL: no field has that path, or it is private.
 */
const struct layout_field *layout_follow(const struct layout *layout, const char *path,
					 uint32_t *ret_offset, bool *ret_element,
					 enum layout_access *ret_access);

/*
 * @intro and the names of the fields that are not private, "depth, block_size". The caller frees
 * it. NULL: no memory.
 */
char *layout_list_names(struct layout_fields in, const char *intro);

#endif
