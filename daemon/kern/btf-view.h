/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * btf-view.h - finds a few types in the kernel's BTF
 *
 * libbpf copies the five megabytes twice and checks each type before it finds the first one: that
 * was most of what the daemon itself did at its start. A view neither copies nor trusts the bytes:
 * every offset is checked before use.
 */
#ifndef KERN_BTF_VIEW_H
#define KERN_BTF_VIEW_H

#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

/* Owns the index only; the bytes are borrowed. */
struct btf_view {
	const uint8_t *types;
	const char *strings; /* the last one ends with a NUL */
	uint32_t strings_size;
	uint32_t *offsets; /* of the types, by id; number 0 is unused */
	uint32_t n;	   /* ids are below this */
};

/* @data must be aligned as struct btf_type. -EBADMSG: it is not BTF, or damaged. */
int btf_view_init(struct btf_view *view, const void *data, size_t size);
void btf_view_done(struct btf_view *view);

/* The type, with all that follows it in the bytes; NULL for an id that no type has. */
const struct btf_type *btf_view_type(const struct btf_view *view, uint32_t id);
/* Empty for an offset that no string has. */
const char *btf_view_name(const struct btf_view *view, uint32_t offset);
/* The id of the first type of that name and kind (BTF_KIND_*); 0: there is none. */
uint32_t btf_view_find(const struct btf_view *view, const char *name, unsigned int kind);

#endif
