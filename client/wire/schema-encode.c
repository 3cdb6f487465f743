/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * schema-encode.c - encodes C structs as JSON objects and descriptors
 */
#include "wire/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/json.h"
#include "wire/manager.h"

void schema_fds_done(struct schema_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		safe_close(fds->fds[i]);
	free(fds->fds);
	*fds = (struct schema_fds){};
}

/* Adds a copy of @fd to @fds; its index is the value on the wire. */
static int encode_fd(struct schema_fds *fds, int fd, struct json_object **ret)
{
	_cleanup_close_ int copy = -1;

	if (!fds || fds->n >= MANAGER_FDS_MAX)
		return -EMFILE;
	if (fds->n == fds->allocated) {
		size_t allocated = fds->allocated ? 2 * fds->allocated : 4;
		int *grown = reallocarray(fds->fds, allocated, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		fds->fds = grown;
		fds->allocated = allocated;
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return -errno;
	*ret = json_object_new_int64((int64_t)fds->n);
	if (!*ret)
		return -ENOMEM;
	fds->fds[fds->n++] = take_fd(&copy);
	return 0;
}

static int encode_struct(const struct schema_type *type, const void *value, struct schema_fds *fds,
			 struct json_object **ret);

static int encode_item(const struct schema_field *field, const struct schema_array *array, size_t i,
		       struct schema_fds *fds, struct json_object **ret)
{
	const char *text;

	switch (field->kind) {
	case SCHEMA_STRUCTS:
		return encode_struct(field->type, (char *)array->items + i * field->type->size, fds,
				     ret);
	case SCHEMA_TEXTS:
		text = ((const char *const *)array->items)[i];
		*ret = json_new_text(text, strlen(text));
		return *ret ? 0 : -ENOMEM;
	default:
		*ret = json_object_get(((struct json_object *const *)array->items)[i]);
		return *ret ? 0 : -EINVAL;
	}
}

static int encode_array(const struct schema_field *field, const struct schema_array *array,
			struct schema_fds *fds, struct json_object **ret)
{
	_cleanup_json_ struct json_object *items = json_object_new_array();
	int r;

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < array->n; i++) {
		struct json_object *item = NULL;

		r = encode_item(field, array, i, fds, &item);
		if (r < 0)
			return r;
		r = json_append(items, item);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(items);
	return 0;
}

/* Whether an optional field has a value to send. */
static bool is_set(const struct schema_field *field, const void *at)
{
	switch (field->kind) {
	case SCHEMA_BOOL:
		return *(const bool *)at;
	case SCHEMA_INT:
		return *(const int64_t *)at != 0;
	case SCHEMA_OPTIONAL_INT:
		return ((const struct optional_int *)at)->set;
	case SCHEMA_FD:
		return *(const int *)at >= 0;
	case SCHEMA_TEXTS:
	case SCHEMA_STRUCTS:
	case SCHEMA_OBJECTS:
		return ((const struct schema_array *)at)->n > 0;
	case SCHEMA_STRUCT:
		return true;
	default:
		return *(const void *const *)at != NULL;
	}
}

static int encode_field(const struct schema_field *field, const void *at, struct schema_fds *fds,
			struct json_object **ret)
{
	const char *text;

	switch (field->kind) {
	case SCHEMA_BOOL:
		*ret = json_object_new_boolean(*(const bool *)at);
		break;
	case SCHEMA_INT:
		*ret = json_object_new_int64(*(const int64_t *)at);
		break;
	case SCHEMA_OPTIONAL_INT:
		*ret = json_object_new_int64(((const struct optional_int *)at)->value);
		break;
	case SCHEMA_TEXT:
	case SCHEMA_CHOICE:
		text = *(const char *const *)at;
		if (!text)
			return -EINVAL;
		*ret = json_new_text(text, strlen(text));
		break;
	case SCHEMA_FD:
		return encode_fd(fds, *(const int *)at, ret);
	case SCHEMA_OBJECT:
		if (!*(struct json_object *const *)at)
			return -EINVAL;
		*ret = json_object_get(*(struct json_object *const *)at);
		break;
	case SCHEMA_STRUCT:
		return encode_struct(field->type, at, fds, ret);
	default:
		return encode_array(field, at, fds, ret);
	}
	return *ret ? 0 : -ENOMEM;
}

static int encode_struct(const struct schema_type *type, const void *value, struct schema_fds *fds,
			 struct json_object **ret)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();
	int r;

	if (!object)
		return -ENOMEM;
	for (const struct schema_field *field = type->fields; field->name; field++) {
		const void *at = (const char *)value + field->offset;
		struct json_object *encoded = NULL;

		if ((field->optional || field->kind == SCHEMA_OPTIONAL_INT) && !is_set(field, at))
			continue;
		r = encode_field(field, at, fds, &encoded);
		if (r < 0)
			return r;
		r = json_add(object, field->name, encoded);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(object);
	return 0;
}

int schema_encode(const struct schema_type *type, const void *value, struct schema_fds *fds,
		  struct json_object **ret)
{
	size_t before = fds ? fds->n : 0;
	int r = encode_struct(type, value, fds, ret);

	while (r < 0 && fds && fds->n > before)
		safe_close(fds->fds[--fds->n]);
	return r;
}
