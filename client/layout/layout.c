/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iourd/abi.h"
#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/place.h"
#include "layout/layout-access.h"

/* ---- life ---- */

static void fields_free(struct layout_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(fields[i].name);
		free(fields[i].help);
		for (size_t j = 0; j < fields[i].n_values; j++)
			free(fields[i].values[j].name);
		free(fields[i].values);
		fields_free(fields[i].fields, fields[i].n_fields);
	}
	free(fields);
}

void layout_done(struct layout *layout)
{
	fields_free(layout->fields, layout->n_fields);
	*layout = (struct layout){};
}

/* ---- check ---- */

static bool size_fits(const struct layout_field *field)
{
	switch (field->kind) {
	case LAYOUT_BOOL:
		return field->size == 1;
	case LAYOUT_SIGNED:
	case LAYOUT_UNSIGNED:
	case LAYOUT_ENUM:
		return field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
	case LAYOUT_TEXT:
	case LAYOUT_STRUCT:
		return field->size > 0;
	}
	return false;
}

/* *@elements: the number of values in one struct of @size bytes. */
static int check_fields(const struct layout_field *fields, size_t n, uint32_t size,
			unsigned int depth, uint64_t *elements)
{
	int r;

	if (depth > LAYOUT_DEPTH_MAX || n > LAYOUT_ELEMENTS_MAX)
		return -EINVAL;
	*elements = 0;
	for (size_t i = 0; i < n; i++) {
		const struct layout_field *field = &fields[i];
		uint64_t count = layout_elements(field), inner = 1;

		if (!field->name || !field->name[0] || !size_fits(field) ||
		    (field->n_fields && field->kind != LAYOUT_STRUCT) ||
		    field->offset + count * field->size > size)
			return -EINVAL;
		for (size_t j = 0; j < field->n_values; j++)
			if (!field->values[j].name)
				return -EINVAL;
		if (field->kind == LAYOUT_STRUCT) {
			r = check_fields(field->fields, field->n_fields, field->size, depth + 1,
					 &inner);
			if (r < 0)
				return r;
		}
		/* members may overlap, so the size does not bound their number */
		*elements += count * (inner ?: 1);
		if (*elements > LAYOUT_ELEMENTS_MAX)
			return -EINVAL;
	}
	return 0;
}

int layout_check(const struct layout *layout)
{
	uint64_t elements;

	if (layout->size > IOURD_PARAMS_MAX)
		return -EINVAL;
	return check_fields(layout->fields, layout->n_fields, layout->size, 1, &elements);
}

/* ---- initial values, single numbers ---- */

static void write_initial(struct layout_fields in, char *bytes)
{
	for (size_t i = 0; i < in.n; i++) {
		const struct layout_field *field = &in.fields[i];

		for (uint32_t j = 0; j < layout_elements(field); j++) {
			char *at = bytes + field->offset + (size_t)j * field->size;

			if (field->kind == LAYOUT_STRUCT)
				write_initial(
					(struct layout_fields){field->fields, field->n_fields}, at);
			else if (field->kind == LAYOUT_BOOL && field->initial)
				layout_store(at, 1, 1);
			else if (field->kind != LAYOUT_TEXT && field->initial)
				layout_store(at, field->size, (uint64_t)field->initial);
		}
	}
}

void layout_write_initial(const struct layout *layout, void *bytes)
{
	write_initial((struct layout_fields){layout->fields, layout->n_fields}, bytes);
}

uint64_t layout_number(const struct layout *layout, const void *bytes, const char *name)
{
	enum layout_access access;
	const struct layout_field *field;
	uint32_t offset;
	bool element;

	field = layout_follow(layout, name, &offset, &element, &access);
	if (!field || (field->count && !element))
		return 0;
	if (field->kind != LAYOUT_SIGNED && field->kind != LAYOUT_UNSIGNED)
		return 0;
	return layout_load_number(field, (const char *)bytes + offset);
}

/* ---- compare ---- */

static const char *kind_text(enum layout_kind kind)
{
	static const char *const texts[] = {
		[LAYOUT_BOOL] = "a bool",
		[LAYOUT_SIGNED] = "a signed number",
		[LAYOUT_UNSIGNED] = "an unsigned number",
		[LAYOUT_TEXT] = "a text",
		[LAYOUT_ENUM] = "an enum",
		[LAYOUT_STRUCT] = "a struct",
	};

	return texts[kind];
}

static int differ(const struct place *place, const char *reason, struct note *note)
{
	_cleanup_free_ char *path = place_text(place);

	return path ? fault_layout_mismatch(note, path, reason) : -ENOMEM;
}

/*
 * Describes how the field @a of the old program differs from @b of the new one, members and values
 * aside. False if it does not.
 */
static bool describe_difference(const struct layout_field *a, const struct layout_field *b,
				char *reason, size_t size)
{
	if (strcmp(a->name, b->name) != 0)
		snprintf(reason, size, "the new program has \"%s\" in its place", b->name);
	else if (a->kind != b->kind)
		snprintf(reason, size, "it is %s, but in the new program %s", kind_text(a->kind),
			 kind_text(b->kind));
	else if (a->size != b->size)
		snprintf(reason, size, "it has %u bytes, but in the new program %u", a->size,
			 b->size);
	else if (a->count != b->count)
		snprintf(reason, size, "it has %u elements, but in the new program %u",
			 layout_elements(a), layout_elements(b));
	else if (a->offset != b->offset)
		snprintf(reason, size, "it is at byte %u, but in the new program at %u", a->offset,
			 b->offset);
	else
		return false;
	return true;
}

static bool same_values(const struct layout_field *a, const struct layout_field *b)
{
	if (a->n_values != b->n_values)
		return false;
	for (size_t i = 0; i < a->n_values; i++)
		if (a->values[i].number != b->values[i].number ||
		    strcmp(a->values[i].name, b->values[i].name) != 0)
			return false;
	return true;
}

static int compare(struct layout_fields from, struct layout_fields to, const struct place *outer,
		   struct note *note)
{
	int r;

	for (size_t i = 0; i < from.n || i < to.n; i++) {
		struct place place = {.outer = outer};
		char reason[160];

		place.name = i < from.n ? from.fields[i].name : to.fields[i].name;
		if (i >= to.n)
			return differ(&place, "the new program does not have it", note);
		if (i >= from.n)
			return differ(&place, "only the new program has it", note);
		if (describe_difference(&from.fields[i], &to.fields[i], reason, sizeof(reason)))
			return differ(&place, reason, note);
		if (!same_values(&from.fields[i], &to.fields[i]))
			return differ(&place, "the values of the enum differ", note);
		r = compare((struct layout_fields){from.fields[i].fields, from.fields[i].n_fields},
			    (struct layout_fields){to.fields[i].fields, to.fields[i].n_fields},
			    &place, note);
		if (r != 0)
			return r;
	}
	return 0;
}

int layout_compare(const struct layout *from, const struct layout *to, struct note *note)
{
	char reason[96];
	int r = compare((struct layout_fields){from->fields, from->n_fields},
			(struct layout_fields){to->fields, to->n_fields}, NULL, note);

	if (r != 0 || from->size == to->size)
		return r;
	snprintf(reason, sizeof(reason), "the struct has %u bytes, but in the new program %u",
		 from->size, to->size);
	return fault_layout_mismatch(note, "parameters", reason);
}
