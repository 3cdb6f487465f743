/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/names.h"

static bool matches(const char *name, size_t max, const char *allowed)
{
	size_t length = strnlen(name, max);

	if (length == 0 || length == max || name[0] < 'a' || name[0] > 'z')
		return false;
	return strspn(name, allowed) == length;
}

bool name_valid(const char *name, size_t max)
{
	return matches(name, max, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool slot_name_valid(const char *name, size_t max)
{
	return matches(name, max, "abcdefghijklmnopqrstuvwxyz0123456789_");
}
