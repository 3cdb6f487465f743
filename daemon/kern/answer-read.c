/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "kern/answer.h"
#include "kern/descriptor.h"
#include "kern/kern.h"
#include "kern/layout-btf.h"
#include "kern/layout-describe.h"
#include "kern/names.h"
#include "kern/reject.h"

#define FIELD_BYTES_MIN (4 * sizeof(uint32_t) + 2) /* one letter and its NUL */
#define VALUE_BYTES_MIN (sizeof(int64_t) + 2)
#define ERRNO_LAST	4095

struct reader {
	const uint8_t *at;
	size_t left;
	unsigned int nodes; /* fields and enum values so far */
};

static int get(struct reader *in, void *ret, size_t size)
{
	if (size > in->left)
		return -EBADMSG;
	memcpy(ret, in->at, size);
	in->at += size;
	in->left -= size;
	return 0;
}

/* Borrowed from the answer. */
static int get_text(struct reader *in, const char **ret)
{
	const uint8_t *end = memchr(in->at, 0, in->left);

	if (!end)
		return -EBADMSG;
	*ret = (const char *)in->at;
	in->left -= (size_t)(end + 1 - in->at);
	in->at = end + 1;
	return 0;
}

/* The name of a field or value, copied. */
static int get_name(struct reader *in, bool anonymous, char **ret)
{
	const char *text;
	int r = get_text(in, &text);

	if (r < 0)
		return r;
	if (!is_identifier(text) && !(anonymous && strcmp(text, ANSWER_ANONYMOUS) == 0))
		return -EBADMSG;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

/* The number of items in a list: the rest has room for them, and so has a layout. */
static int get_count(struct reader *in, size_t bytes_min, uint32_t *ret)
{
	uint32_t n;
	int r = get(in, &n, sizeof(n));

	if (r < 0)
		return r;
	if (n > in->left / bytes_min || n > LAYOUT_NODES_MAX - in->nodes)
		return -EBADMSG;
	in->nodes += n;
	*ret = n;
	return 0;
}

static int get_values(struct reader *in, struct layout_field *field)
{
	uint32_t n;
	int r = get_count(in, VALUE_BYTES_MIN, &n);

	if (r < 0)
		return r;
	field->values = calloc(n ?: 1, sizeof(*field->values));
	if (!field->values)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct layout_value *value = &field->values[field->n_values];

		r = get(in, &value->number, sizeof(value->number));
		if (r == 0)
			r = get_name(in, false, &value->name);
		if (r < 0)
			return r;
		field->n_values++;
	}
	return n > 0 ? 0 : -EBADMSG;
}

static int get_list(struct reader *in, unsigned int depth, struct layout_field **ret,
		    size_t *ret_n);

static int get_field(struct reader *in, unsigned int depth, struct layout_field *field)
{
	uint32_t numbers[4]; /* kind, offset, size, count */
	int r;

	r = get(in, numbers, sizeof(numbers));
	if (r == 0)
		r = get_name(in, depth == 1, &field->name);
	if (r < 0)
		return r;
	if (numbers[0] > LAYOUT_STRUCT)
		return -EBADMSG;
	field->kind = (enum layout_kind)numbers[0];
	field->offset = numbers[1];
	field->size = numbers[2];
	field->count = numbers[3];
	if (field->kind == LAYOUT_TEXT && field->count > 0)
		return -EBADMSG;
	if (field->kind == LAYOUT_ENUM)
		return get_values(in, field);
	if (field->kind == LAYOUT_STRUCT)
		return get_list(in, depth + 1, &field->fields, &field->n_fields);
	return 0;
}

/* The parent owns the list, also if it is incomplete. @depth: of its fields, the outermost 1. */
static int get_list(struct reader *in, unsigned int depth, struct layout_field **ret, size_t *ret_n)
{
	uint32_t n;
	int r;

	if (depth > LAYOUT_DEPTH_MAX)
		return -EBADMSG;
	r = get_count(in, FIELD_BYTES_MIN, &n);
	if (r < 0)
		return r;
	*ret = calloc(n ?: 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		*ret_n = i + 1u;
		r = get_field(in, depth, &(*ret)[i]);
		if (r < 0)
			return r;
	}
	return n > 0 || depth == 1 ? 0 : -EBADMSG;
}

static void set_access(struct layout_field *fields, size_t n, enum layout_access access)
{
	for (size_t i = 0; i < n; i++) {
		fields[i].access = access;
		set_access(fields[i].fields, fields[i].n_fields, access);
	}
}

/* Checks as layout_from_btf() does. */
static int describe(const struct iourd_descriptor *descriptor, struct layout *layout,
		    struct note *note)
{
	for (size_t i = 0; i < layout->n_fields; i++)
		set_access(&layout->fields[i], 1,
			   layout_describe_access(descriptor, layout->fields[i].name));
	if (layout->size != descriptor->params_size || layout_check(layout) < 0)
		return -EBADMSG;
	return layout_describe(descriptor, layout, note);
}

static int get_inspected(struct reader *in, struct note *note, struct kern_program_info *info)
{
	int r;

	r = get(in, &info->descriptor, sizeof(info->descriptor));
	if (r == 0)
		r = descriptor_check(&info->descriptor, note);
	if (r == 0)
		r = get(in, &info->layout.size, sizeof(info->layout.size));
	if (r == 0)
		r = get_list(in, 1, &info->layout.fields, &info->layout.n_fields);
	if (r == 0 && in->left > 0)
		r = -EBADMSG;
	return r != 0 ? r : describe(&info->descriptor, &info->layout, note);
}

static int get_refusal(struct reader *in, struct note *note)
{
	const char *name, *reason, *log;
	_cleanup_free_ char *copy = NULL;
	int r;

	r = get_text(in, &name);
	if (r == 0)
		r = get_text(in, &reason);
	if (r == 0)
		r = get_text(in, &log);
	if (r < 0 || in->left > 0)
		return -EBADMSG;
	copy = strdup(log);
	if (!copy)
		return -ENOMEM;
	return reject_as(note, name_valid(name, IOURD_NAME_MAX) ? name : NULL, reason, copy);
}

static int get_error(struct reader *in)
{
	int32_t error;
	int r = get(in, &error, sizeof(error));

	return r < 0 || in->left > 0 || error < 1 || error > ERRNO_LAST ? -EBADMSG : -error;
}

static int damaged(struct note *note)
{
	return reject(note, NULL,
		      "the process that parsed its object file gave a damaged answer: the file is "
		      "damaged, or made for an attack");
}

int answer_read(const void *bytes, size_t size, enum answer_kind expected, struct note *note,
		struct kern_program_info *ret)
{
	struct reader in = {.at = bytes, .left = size};
	struct kern_program_info info = {};
	struct answer_head head;
	int r;

	if (get(&in, &head, sizeof(head)) < 0 || head.magic != ANSWER_MAGIC)
		return damaged(note);
	if (head.version != ANSWER_VERSION)
		return -EPROTONOSUPPORT;
	if (head.kind == ANSWER_FAILED) {
		r = get_error(&in);
	} else if (head.kind == ANSWER_REFUSED) {
		r = get_refusal(&in, note);
	} else if (head.kind != expected) {
		r = -EBADMSG;
	} else if (head.kind == ANSWER_LOADED) {
		r = in.left > 0 ? -EBADMSG : 0;
	} else {
		r = get_inspected(&in, note, &info);
		if (r == 0)
			*ret = info;
		else
			layout_done(&info.layout);
	}
	return r == -EBADMSG ? damaged(note) : r;
}
