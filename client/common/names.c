/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/names.h"

bool name_valid(const char *name, size_t max)
{
	size_t length = strnlen(name, max);

	if (length == 0 || length == max || name[0] < 'a' || name[0] > 'z')
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}
