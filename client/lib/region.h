/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * region.h - maps a param region
 *
 * Everyone who shares the region can write all of it. Its identity line is therefore copied and
 * checked once, and only the copy is used afterwards.
 */
#ifndef LIB_REGION_H
#define LIB_REGION_H

#include <stddef.h>

#include "iourd/abi.h"

struct region {
	struct iourd_head *head; /* the mapping, owned; NULL: none */
	size_t size;		 /* of the mapping, in bytes */
	struct iourd_identity identity;
};

/*
 * Maps the memfd @fd (borrowed). -EPROTO: it is not a valid region: it can be truncated, or its
 * head or offsets are wrong; -EPROTONOSUPPORT: its ABI has another major version. These two set
 * *ret_reason, a literal.
 */
int region_map(int fd, struct region *ret, const char **ret_reason);
/* Accepts a zeroed one. */
void region_unmap(struct region *region);

void *region_params(const struct region *region);
/* NULL if the region has no data area. */
void *region_data(const struct region *region);

#endif
