/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>

#include "reply.h"

struct json_object *json_member(struct json_object *object, const char *key)
{
	struct json_object *member;

	return json_object_object_get_ex(object, key, &member) ? member : NULL;
}

const char *json_text(struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key);

	return member && json_object_is_type(member, json_type_string)
		       ? json_object_get_string(member)
		       : "";
}

int64_t json_number(struct json_object *object, const char *key)
{
	return json_object_get_int64(json_member(object, key));
}

bool json_flag(struct json_object *object, const char *key)
{
	return json_object_get_boolean(json_member(object, key));
}

size_t json_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *json_element(struct json_object *array, size_t i)
{
	return json_object_array_get_idx(array, i);
}
