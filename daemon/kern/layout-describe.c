/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/layout-describe.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "iourd/abi.h"
#include "kern/reject.h"

/* The range of a field's type that a descriptor can express (half of an unsigned 64-bit type). */
static void type_range(const struct layout_field *field, int64_t *ret_minimum, int64_t *ret_maximum)
{
	unsigned int bits = field->size * 8;

	*ret_minimum = 0;
	*ret_maximum = 0;
	switch (field->kind) {
	case LAYOUT_BOOL:
		*ret_maximum = 1;
		break;
	case LAYOUT_SIGNED:
		*ret_minimum = bits == 64 ? INT64_MIN : -(INT64_C(1) << (bits - 1));
		*ret_maximum = bits == 64 ? INT64_MAX : (INT64_C(1) << (bits - 1)) - 1;
		break;
	case LAYOUT_UNSIGNED:
		*ret_maximum = bits == 64 ? INT64_MAX : (INT64_C(1) << bits) - 1;
		break;
	case LAYOUT_ENUM:
		*ret_minimum = INT64_MIN;
		*ret_maximum = INT64_MAX;
		break;
	case LAYOUT_TEXT:
	case LAYOUT_STRUCT:
		break; /* neither has bounds or an initial value */
	}
}

static bool has_value(const struct layout_field *field, int64_t number)
{
	for (size_t i = 0; i < field->n_values; i++)
		if (field->values[i].number == number)
			return true;
	return false;
}

/* Checks the descriptor's values against the field's type. */
static int describe(const char *program, const struct iourd_field_descriptor *from,
		    struct layout_field *field, struct note *note)
{
	int64_t minimum, maximum;

	type_range(field, &minimum, &maximum);
	field->unit = from->unit;
	field->bounded = from->minimum != 0 || from->maximum != 0;
	field->minimum = from->minimum;
	field->maximum = from->maximum;
	field->initial = from->initial;
	if (field->bounded && (from->minimum < minimum || from->maximum > maximum))
		return reject(note, program,
			      "field \"%s\": its range %lld to %lld exceeds its type", from->name,
			      (long long)from->minimum, (long long)from->maximum);
	if (field->bounded && field->access != LAYOUT_PROGRESS) {
		minimum = from->minimum;
		maximum = from->maximum;
	}
	if (from->initial < minimum || from->initial > maximum)
		return reject(note, program,
			      "field \"%s\": its initial value %lld is outside %lld to %lld",
			      from->name, (long long)from->initial, (long long)minimum,
			      (long long)maximum);
	if (field->kind == LAYOUT_ENUM && field->access != LAYOUT_PROGRESS &&
	    !has_value(field, from->initial))
		return reject(note, program,
			      "field \"%s\": its initial value %lld is not in its enum", from->name,
			      (long long)from->initial);
	if (*from->help) {
		field->help = strdup(from->help);
		if (!field->help)
			return -ENOMEM;
	}
	return 0;
}

enum layout_access layout_describe_access(const struct iourd_descriptor *descriptor,
					  const char *name)
{
	for (uint32_t i = 0; i < descriptor->field_count; i++) {
		const struct iourd_field_descriptor *field = &descriptor->fields[i];

		if (strcmp(field->name, name) != 0)
			continue;
		if (field->flags & IOURD_FIELD_PROGRESS)
			return LAYOUT_PROGRESS;
		return field->flags & IOURD_FIELD_FIXED ? LAYOUT_FIXED : LAYOUT_SETTING;
	}
	return LAYOUT_PRIVATE;
}

static struct layout_field *find(struct layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->n_fields; i++)
		if (strcmp(layout->fields[i].name, name) == 0)
			return &layout->fields[i];
	return NULL;
}

static int check_data_fields(const struct iourd_descriptor *descriptor, struct layout *layout,
			     struct note *note)
{
	uint64_t product = 1;

	if (!*descriptor->data_fields[0])
		return 0;
	for (size_t i = 0; i < 2 && *descriptor->data_fields[i]; i++) {
		struct layout_field *field = find(layout, descriptor->data_fields[i]);

		if (!field || field->kind != LAYOUT_UNSIGNED || field->count > 0 ||
		    (field->access != LAYOUT_SETTING && field->access != LAYOUT_FIXED))
			return reject(note, descriptor->name,
				      "descriptor.data_fields[%zu] is \"%s\", expected an unsigned "
				      "setting",
				      i, descriptor->data_fields[i]);
		if (__builtin_mul_overflow(product, (uint64_t)field->initial, &product))
			product = UINT64_MAX;
	}
	if (product > descriptor->data_maximum)
		return reject(
			note, descriptor->name,
			"the initial values of descriptor.data_fields need %llu bytes of data, "
			"data_maximum is %llu",
			(unsigned long long)product, (unsigned long long)descriptor->data_maximum);
	return 0;
}

int layout_describe(const struct iourd_descriptor *descriptor, struct layout *layout,
		    struct note *note)
{
	for (uint32_t i = 0; i < descriptor->field_count; i++) {
		const struct iourd_field_descriptor *from = &descriptor->fields[i];
		struct layout_field *field = find(layout, from->name);
		int r;

		if (!field)
			return reject(note, descriptor->name,
				      "field \"%s\" is not a member of struct %s", from->name,
				      descriptor->params_type);
		r = describe(descriptor->name, from, field, note);
		if (r != 0)
			return r;
	}
	return check_data_fields(descriptor, layout, note);
}
