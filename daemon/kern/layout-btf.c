/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/layout-btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iourd/abi.h"
#include "kern/answer.h"
#include "kern/layout-describe.h"
#include "kern/names.h"
#include "kern/reject.h"
#include "wire/fault.h"

#define MODIFIERS_MAX 32u /* typedef, const, ... in a row: hostile BTF may have circles */
#define ARRAYS_MAX    8u  /* arrays of arrays of ... */
#define PATH_SIZE     256u
#define HEAD_GRAIN    64u /* the parameter struct starts on its own cache line */

struct builder {
	const struct btf *btf;
	const struct iourd_descriptor *descriptor;
	struct note *note;
	unsigned int nodes;
	char unfit_path[PATH_SIZE]; /* of the last member that did not fit, and why */
	const char *unfit;
};

/* The position of a struct, for its members. */
struct place {
	const char *path; /* "" or "a.b." */
	enum layout_access access;
	uint32_t grain; /* a power of two that divides the address of every instance */
	unsigned int depth;
};

static const struct btf_type *strip(const struct btf *btf, uint32_t id)
{
	for (unsigned int i = 0; i < MODIFIERS_MAX; i++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!type)
			return NULL;
		if (!btf_is_mod(type) && !btf_is_typedef(type))
			return type;
		id = type->type;
	}
	return NULL;
}

static const char *name_of(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

/* Bytes of a type; 0: no size, or too large for any parameter struct. */
static uint64_t size_of(const struct btf *btf, uint32_t id)
{
	uint64_t count = 1;

	for (unsigned int i = 0; i < ARRAYS_MAX; i++) {
		const struct btf_type *type = strip(btf, id);

		if (!type)
			return 0;
		if (btf_is_array(type)) {
			count *= btf_array(type)->nelems;
			if (count > IOURD_PARAMS_MAX)
				return 0;
			id = btf_array(type)->type;
			continue;
		}
		if (btf_is_ptr(type))
			return count * 8;
		if (btf_is_int(type) || btf_is_composite(type) || btf_is_any_enum(type) ||
		    btf_is_float(type))
			return type->size <= IOURD_PARAMS_MAX ? count * type->size : 0;
		return 0;
	}
	return 0;
}

/* Always 0: the caller checks builder->unfit. The innermost reason stays. */
static int unfit(struct builder *builder, const char *path, const char *what)
{
	if (!builder->unfit) {
		snprintf(builder->unfit_path, sizeof(builder->unfit_path), "%s", path);
		builder->unfit = what;
	}
	return 0;
}

static int count_nodes(struct builder *builder, size_t n)
{
	if (n > LAYOUT_NODES_MAX - builder->nodes)
		return reject(builder->note, builder->descriptor->name,
			      "struct %s has more than %u members and enum values in all",
			      builder->descriptor->params_type, LAYOUT_NODES_MAX);
	builder->nodes += (unsigned int)n;
	return 0;
}

static int shape_int(struct builder *builder, const struct btf_type *type, const char *path,
		     struct layout_field *field)
{
	uint8_t encoding = btf_int_encoding(type);
	uint32_t size = type->size;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return unfit(builder, path, "an integer of unusual size");
	if (btf_int_bits(type) != size * 8 || btf_int_offset(type) != 0)
		return unfit(builder, path, "a bit-field");
	field->size = size;
	if (encoding & BTF_INT_BOOL) {
		if (size != 1)
			return unfit(builder, path, "a _Bool of unusual size");
		field->kind = LAYOUT_BOOL;
	} else {
		field->kind = encoding & BTF_INT_SIGNED ? LAYOUT_SIGNED : LAYOUT_UNSIGNED;
	}
	return 0;
}

static int shape_enum(struct builder *builder, const struct btf_type *type, const char *path,
		      struct layout_field *field)
{
	uint16_t n = btf_vlen(type);
	int r;

	if (type->size != 1 && type->size != 2 && type->size != 4 && type->size != 8)
		return unfit(builder, path, "an enum of unusual size");
	if (n == 0)
		return unfit(builder, path, "an enum without values");
	r = count_nodes(builder, n);
	if (r != 0)
		return r;
	field->kind = LAYOUT_ENUM;
	field->size = type->size;
	field->values = calloc(n, sizeof(*field->values));
	if (!field->values)
		return -ENOMEM;
	for (uint16_t i = 0; i < n; i++) {
		struct layout_value *value = &field->values[i];
		const char *name;

		if (btf_is_enum64(type)) {
			name = name_of(builder->btf, btf_enum64(type)[i].name_off);
			value->number = (int64_t)btf_enum64_value(&btf_enum64(type)[i]);
		} else {
			name = name_of(builder->btf, btf_enum(type)[i].name_off);
			value->number = btf_enum(type)[i].val;
			if (!btf_kflag(type)) /* unsigned: no sign to extend */
				value->number &= UINT32_MAX;
		}
		if (!is_identifier(name))
			return unfit(builder, path, "an enum with a value that has no name");
		value->name = strdup(name);
		if (!value->name)
			return -ENOMEM;
		field->n_values++;
	}
	return 0;
}

static int read_members(struct builder *builder, const struct btf_type *type,
			const struct place *place, struct layout_field **ret, size_t *ret_n);

static uint32_t lowest_bit(uint32_t n)
{
	return n & (0u - n);
}

static int shape_struct(struct builder *builder, const struct btf_type *type, const char *path,
			const struct place *place, struct layout_field *field)
{
	char prefix[PATH_SIZE];
	struct place inner = {.path = prefix, .access = place->access, .depth = place->depth + 1};
	int n;

	n = snprintf(prefix, sizeof(prefix), "%s.", path);
	if (inner.depth >= LAYOUT_DEPTH_MAX || n < 0 || (size_t)n >= sizeof(prefix))
		return unfit(builder, path, "a struct that is nested too deep");
	if (type->size == 0 || btf_vlen(type) == 0)
		return unfit(builder, path, "an empty struct");
	inner.grain = lowest_bit(place->grain | field->offset | (field->count ? type->size : 0));
	field->kind = LAYOUT_STRUCT;
	field->size = type->size;
	return read_members(builder, type, &inner, &field->fields, &field->n_fields);
}

/*
 * Fills kind, size, count and members of the kind; the offset is set already. Sets builder->unfit
 * for a type that a layout cannot have.
 */
static int shape(struct builder *builder, uint32_t type_id, const char *path,
		 const struct place *place, struct layout_field *field)
{
	const struct btf_type *type = strip(builder->btf, type_id);
	int r;

	if (type && btf_is_array(type)) {
		const struct btf_array *array = btf_array(type);

		field->count = array->nelems;
		type = strip(builder->btf, array->type);
		if (field->count == 0)
			return unfit(builder, path, "an array without elements");
		if (type && btf_is_array(type))
			return unfit(builder, path, "an array of arrays");
		/* every other one-byte integer has a different name: signed char, _Bool, ... */
		if (type && btf_is_int(type) && type->size == 1 &&
		    strcmp(name_of(builder->btf, type->name_off), "char") == 0) {
			field->kind = LAYOUT_TEXT;
			field->size = field->count;
			field->count = 0;
			return 0;
		}
	}
	if (!type)
		return unfit(builder, path, "of no known type");

	if (btf_is_int(type))
		r = shape_int(builder, type, path, field);
	else if (btf_is_any_enum(type))
		r = shape_enum(builder, type, path, field);
	else if (btf_is_struct(type))
		r = shape_struct(builder, type, path, place, field);
	else if (btf_is_union(type))
		r = unfit(builder, path, "a union");
	else if (btf_is_ptr(type))
		r = unfit(builder, path, "a pointer");
	else if (btf_is_float(type))
		r = unfit(builder, path, "a floating-point number");
	else
		r = unfit(builder, path, "of a type without a layout");
	if (r != 0 || builder->unfit || field->kind == LAYOUT_STRUCT)
		return r;
	if (lowest_bit(place->grain | field->offset) % field->size != 0)
		return unfit(builder, path, "not aligned to its size");
	return 0;
}

static void drop_content(struct layout_field *field)
{
	struct layout inner = {.fields = field->fields, .n_fields = field->n_fields};

	layout_done(&inner);
	for (size_t i = 0; i < field->n_values; i++)
		free(field->values[i].name);
	free(field->values);
	field->fields = NULL;
	field->n_fields = 0;
	field->values = NULL;
	field->n_values = 0;
}

/* Opaque private state: a number of bytes that are never shown. */
static void make_opaque(struct layout_field *field, uint32_t size)
{
	drop_content(field);
	field->kind = LAYOUT_TEXT;
	field->size = size;
	field->count = 0;
}

/* The parent owns @field already: on failure it is freed with the layout. */
static int read_member(struct builder *builder, const struct btf_type *parent, uint32_t i,
		       const struct place *place, struct layout_field *field)
{
	const struct btf_member *member = &btf_members(parent)[i];
	uint32_t bit = btf_member_bit_offset(parent, i);
	uint32_t bits = btf_member_bitfield_size(parent, i);
	const char *name = name_of(builder->btf, member->name_off);
	struct place inner = *place;
	char path[PATH_SIZE];
	uint64_t size;
	int n, r;

	/* a member without a name can only be private state */
	n = snprintf(path, sizeof(path), "%s%s", place->path, *name ? name : ANSWER_ANONYMOUS);
	if (n < 0 || (size_t)n >= sizeof(path) || (*name && !is_identifier(name)))
		return reject(builder->note, builder->descriptor->name,
			      "member %u of struct %s has no usable name", i,
			      name_of(builder->btf, parent->name_off));
	if (place->depth == 0)
		inner.access = layout_describe_access(builder->descriptor, name);
	field->name = strdup(*name ? name : ANSWER_ANONYMOUS);
	if (!field->name)
		return -ENOMEM;
	field->access = inner.access;
	field->offset = bit / 8;

	size = bits ? (bit % 8 + (uint64_t)bits + 7) / 8 : size_of(builder->btf, member->type);
	if (size == 0 || field->offset + size > parent->size)
		return reject(builder->note, builder->descriptor->name,
			      "%s: it has no size, or ends past its struct's end", path);
	if (bits || bit % 8)
		r = unfit(builder, path, "a bit-field");
	else if (!*name)
		r = unfit(builder, path, "without a name");
	else
		r = shape(builder, member->type, path, &inner, field);
	if (r != 0)
		return r;
	/* an inner member that does not fit makes its outermost private one opaque */
	if (builder->unfit && field->access == LAYOUT_PRIVATE && place->depth == 0) {
		builder->unfit = NULL;
		make_opaque(field, (uint32_t)size);
	}
	if (builder->unfit && place->depth == 0)
		return reject(builder->note, builder->descriptor->name,
			      "field %s is %s: expected integers, _Bool, enums, char arrays, and "
			      "structs and arrays of these",
			      builder->unfit_path, builder->unfit);
	return 0;
}

static int read_members(struct builder *builder, const struct btf_type *type,
			const struct place *place, struct layout_field **ret, size_t *ret_n)
{
	uint16_t n = btf_vlen(type);
	int r;

	r = count_nodes(builder, n);
	if (r != 0)
		return r;
	*ret = calloc(n ? n : 1u, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (uint16_t i = 0; i < n && !builder->unfit; i++) {
		*ret_n = i + 1u;
		r = read_member(builder, type, i, place, &(*ret)[i]);
		if (r != 0)
			return r;
	}
	return 0;
}

static int build(struct builder *builder, struct layout *layout)
{
	const struct iourd_descriptor *descriptor = builder->descriptor;
	struct place top = {.path = "", .grain = HEAD_GRAIN};
	const struct btf_type *type;
	int id, r;

	id = btf__find_by_name_kind(builder->btf, descriptor->params_type, BTF_KIND_STRUCT);
	type = id > 0 ? btf__type_by_id(builder->btf, (uint32_t)id) : NULL;
	if (!type)
		return reject(
			builder->note, descriptor->name,
			"descriptor.params_type is \"%s\", but the object's BTF has no such struct",
			descriptor->params_type);
	if (type->size != descriptor->params_size)
		return reject(builder->note, descriptor->name,
			      "descriptor.params_size is %u, but struct %s has %u bytes",
			      descriptor->params_size, descriptor->params_type, type->size);
	layout->size = type->size;
	r = read_members(builder, type, &top, &layout->fields, &layout->n_fields);
	if (r != 0)
		return r;
	r = layout_describe(descriptor, layout, builder->note);
	if (r == 0 && layout_check(layout) < 0)
		r = reject(builder->note, descriptor->name,
			   "struct %s has too many elements, or is nested too deep",
			   descriptor->params_type);
	return r;
}

int layout_from_btf(const struct btf *btf, const struct iourd_descriptor *descriptor,
		    struct note *note, struct layout *ret)
{
	struct builder builder = {.btf = btf, .descriptor = descriptor, .note = note};
	struct layout layout = {};
	int r;

	r = build(&builder, &layout);
	if (r != 0) {
		layout_done(&layout);
		return r;
	}
	*ret = layout;
	return 0;
}
