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

bool ring_name_valid(const char *name)
{
	size_t n;

	if (!name_valid(name, RING_NAME_MAX))
		return false;
	n = strspn(name + 1, "0123456789");
	return name[0] != 'u' || n == 0 || name[1 + n] != '-';
}

bool ring_reference_valid(const char *text)
{
	size_t n = strspn(text, "0123456789");

	if (n > 0 && text[n] == '/')
		text += n + 1;
	return n <= 10 && name_valid(text, RING_KEY_MAX);
}

bool slot_name_valid(const char *name, size_t max)
{
	return matches(name, max, "abcdefghijklmnopqrstuvwxyz0123456789_");
}
