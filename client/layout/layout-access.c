/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout/layout-access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Others write the region at the same time. A number is therefore accessed atomically if it is
 * aligned. An unaligned one is copied and may be torn.
 */
uint64_t layout_load(const void *at, uint32_t size)
{
	uint64_t number = 0;

	if ((uintptr_t)at % size != 0) {
		memcpy(&number, at, size); /* little endian, asserted below */
		return number;
	}
	switch (size) {
	case 1:
		return __atomic_load_n((const uint8_t *)at, __ATOMIC_RELAXED);
	case 2:
		return __atomic_load_n((const uint16_t *)at, __ATOMIC_RELAXED);
	case 4:
		return __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED);
	default:
		return __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
	}
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "layout_load and layout_store assume it");

void layout_store(void *at, uint32_t size, uint64_t number)
{
	if ((uintptr_t)at % size != 0) {
		memcpy(at, &number, size);
		return;
	}
	switch (size) {
	case 1:
		__atomic_store_n((uint8_t *)at, (uint8_t)number, __ATOMIC_RELAXED);
		break;
	case 2:
		__atomic_store_n((uint16_t *)at, (uint16_t)number, __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n((uint32_t *)at, (uint32_t)number, __ATOMIC_RELAXED);
		break;
	default:
		__atomic_store_n((uint64_t *)at, number, __ATOMIC_RELAXED);
		break;
	}
}

uint64_t layout_load_number(const struct layout_field *field, const void *at)
{
	uint64_t number = layout_load(at, field->size);
	unsigned int unused = 64 - 8 * field->size;

	if (field->kind == LAYOUT_SIGNED)
		return (uint64_t)((int64_t)(number << unused) >> unused);
	return number;
}

const struct layout_field *layout_find(struct layout_fields in, const char *name, size_t n)
{
	for (size_t i = 0; i < in.n; i++)
		if (strncmp(in.fields[i].name, name, n) == 0 && in.fields[i].name[n] == '\0')
			return &in.fields[i];
	return NULL;
}

/* Moves *@at past an index such as "[3]", if there is one. False: not a valid index of the field.
 */
static bool follow_index(const struct layout_field *field, const char **at, uint32_t *offset,
			 bool *ret_element)
{
	uint64_t index = 0;
	const char *digits = *at + 1;

	if (**at != '[')
		return true;
	for (*at = digits; **at >= '0' && **at <= '9' && *at - digits < 10; (*at)++)
		index = index * 10 + (uint64_t)(**at - '0');
	if (*at == digits || **at != ']' || index >= field->count)
		return false;
	(*at)++;
	*offset += (uint32_t)index * field->size;
	*ret_element = true;
	return true;
}

const struct layout_field *layout_follow(const struct layout *layout, const char *path,
					 uint32_t *ret_offset, bool *ret_element,
					 enum layout_access *ret_access)
{
	struct layout_fields in = {layout->fields, layout->n_fields};
	enum layout_access access = LAYOUT_SETTING;
	uint32_t offset = 0;

	for (;;) {
		size_t n = strcspn(path, ".[");
		const struct layout_field *field = layout_find(in, path, n);
		bool element = false;

		if (!field)
			return NULL;
		access = layout_restrict(access, field);
		offset += field->offset;
		path += n;
		if (access == LAYOUT_PRIVATE || !follow_index(field, &path, &offset, &element))
			return NULL;
		if (*path == '\0') {
			*ret_offset = offset;
			*ret_element = element;
			*ret_access = access;
			return field;
		}
		if (*path != '.' || field->kind != LAYOUT_STRUCT || (field->count && !element))
			return NULL;
		path++;
		in = (struct layout_fields){field->fields, field->n_fields};
	}
}

char *layout_list_names(struct layout_fields in, const char *intro)
{
	const char *separator = intro;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < in.n; i++) {
		if (in.fields[i].access == LAYOUT_PRIVATE)
			continue;
		fprintf(out, "%s%s", separator, in.fields[i].name);
		separator = ", ";
	}
	if (separator == intro)
		fputs("nothing, because the program has no parameters", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
