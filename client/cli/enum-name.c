/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "enum-name.h"
#include "reply.h"

const char *enum_short_name(struct json_object *values, const char *name)
{
	size_t common = strlen(name);

	for (size_t i = 0; i < json_length(values); i++) {
		const char *other = json_text(json_element(values, i), "name");
		size_t same = 0;

		while (same < common && name[same] == other[same])
			same++;
		if (strcmp(name, other) != 0)
			common = same;
	}
	while (common && name[common - 1] != '_')
		common--;
	return name + (common < strlen(name) ? common : 0);
}

const char *enum_long_name(struct json_object *values, const char *text)
{
	const char *found = NULL;

	for (size_t i = 0; i < json_length(values); i++) {
		const char *name = json_text(json_element(values, i), "name");

		if (strcmp(name, text) == 0)
			return name;
		if (strcasecmp(enum_short_name(values, name), text) == 0)
			found = name;
	}
	return found;
}
