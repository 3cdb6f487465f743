/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout-access.h - what the parts of the layout code share
 */
#ifndef WIRE_LAYOUT_ACCESS_H
#define WIRE_LAYOUT_ACCESS_H

#include "layout/layout.h"

struct layout_fields {
	const struct layout_field *fields;
	size_t n;
};

/* One element of @size bytes, loaded or stored at once if it lies where the CPU can do that. */
uint64_t layout_load(const void *at, uint32_t size);
void layout_store(void *at, uint32_t size, uint64_t number);
/* As a number of its kind: signed ones are extended. */
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

/* The field called by the @n bytes at @name; NULL if there is none. */
const struct layout_field *layout_find(struct layout_fields in, const char *name, size_t n);

/*
 * Follows @path ("a.b", "table[3].hops"). @ret_offset is from the start of the outermost struct;
 * @ret_element says that an element of an array is meant, not all of it. NULL: it leads nowhere,
 * or to something private.
 */
const struct layout_field *layout_follow(const struct layout *layout, const char *path,
					 uint32_t *ret_offset, bool *ret_element,
					 enum layout_access *ret_access);

/* "depth, block_size": the names that a caller may know. The caller frees; NULL: no memory. */
char *layout_list_names(struct layout_fields in, const char *intro);

#endif
