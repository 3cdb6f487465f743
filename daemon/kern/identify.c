/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/identify.h"

#include "kern/kern.h"
#include "util/sha256.h"

void program_identify(const void *image, size_t size, struct kern_program_info *info)
{
	sha256(image, size, info->digest);
	info->id = 0;
	for (size_t i = 8; i > 0; i--)
		info->id = info->id << 8 | info->digest[i - 1];
}
