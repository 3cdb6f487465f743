/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/btf-view.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What follows a type; false: a kind that we do not know, so its length is unknown, too. */
static bool tail_size(const struct btf_type *type, size_t *ret)
{
	size_t n = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		*ret = 0;
		return true;
	case BTF_KIND_INT:
		*ret = sizeof(uint32_t);
		return true;
	case BTF_KIND_ARRAY:
		*ret = sizeof(struct btf_array);
		return true;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		*ret = n * sizeof(struct btf_member);
		return true;
	case BTF_KIND_ENUM:
		*ret = n * sizeof(struct btf_enum);
		return true;
	case BTF_KIND_ENUM64:
		*ret = n * sizeof(struct btf_enum64);
		return true;
	case BTF_KIND_FUNC_PROTO:
		*ret = n * sizeof(struct btf_param);
		return true;
	case BTF_KIND_VAR:
		*ret = sizeof(struct btf_var);
		return true;
	case BTF_KIND_DATASEC:
		*ret = n * sizeof(struct btf_var_secinfo);
		return true;
	case BTF_KIND_DECL_TAG:
		*ret = sizeof(struct btf_decl_tag);
		return true;
	default:
		return false;
	}
}

static int index_types(struct btf_view *view, uint32_t size)
{
	uint32_t at = 0, n = 1; /* 0 is void, which has no entry */

	view->offsets = malloc((size / sizeof(struct btf_type) + 1) * sizeof(*view->offsets));
	if (!view->offsets)
		return -ENOMEM;
	while (at < size) {
		const struct btf_type *type = (const struct btf_type *)(view->types + at);
		size_t tail;

		if (size - at < sizeof(*type) || !tail_size(type, &tail) ||
		    tail > size - at - sizeof(*type))
			return -EBADMSG;
		view->offsets[n++] = at;
		at += (uint32_t)(sizeof(*type) + tail);
	}
	view->n = n;
	return 0;
}

/* Whether the part lies behind the header. */
static bool fits(const struct btf_header *header, uint32_t offset, uint32_t length, size_t size)
{
	size_t left = size - header->hdr_len;

	return offset <= left && length <= left - offset;
}

int btf_view_init(struct btf_view *view, const void *data, size_t size)
{
	const struct btf_header *header = data;
	const uint8_t *behind;
	int r;

	*view = (struct btf_view){};
	if (size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    header->version != BTF_VERSION || header->hdr_len < sizeof(*header) ||
	    header->hdr_len > size || !fits(header, header->type_off, header->type_len, size) ||
	    !fits(header, header->str_off, header->str_len, size))
		return -EBADMSG;
	behind = (const uint8_t *)data + header->hdr_len;
	view->types = behind + header->type_off;
	view->strings = (const char *)behind + header->str_off;
	view->strings_size = header->str_len;
	if ((header->hdr_len + header->type_off) % _Alignof(struct btf_type) != 0 ||
	    header->str_len == 0 || view->strings[0] != '\0' ||
	    view->strings[header->str_len - 1] != '\0')
		return -EBADMSG;
	r = index_types(view, header->type_len);
	if (r < 0)
		btf_view_done(view);
	return r;
}

void btf_view_done(struct btf_view *view)
{
	free(view->offsets);
	*view = (struct btf_view){};
}

const struct btf_type *btf_view_type(const struct btf_view *view, uint32_t id)
{
	if (id == 0 || id >= view->n)
		return NULL;
	return (const struct btf_type *)(view->types + view->offsets[id]);
}

const char *btf_view_name(const struct btf_view *view, uint32_t offset)
{
	return offset < view->strings_size ? view->strings + offset : "";
}

uint32_t btf_view_find(const struct btf_view *view, const char *name, unsigned int kind)
{
	for (uint32_t id = 1; id < view->n; id++) {
		const struct btf_type *type = btf_view_type(view, id);
		const char *found;

		if (btf_kind(type) != kind)
			continue;
		found = btf_view_name(view, type->name_off);
		/* most differ in the first letter: no call for them */
		if (*found == *name && strcmp(found, name) == 0)
			return id;
	}
	return 0;
}
