/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * region.h - a param region as the library maps it
 *
 * Whoever shares the region can write all of it, so its identity line is checked and copied once;
 * everything after that uses the copy.
 */
#ifndef LIB_REGION_H
#define LIB_REGION_H

#include <stddef.h>

#include "iourd/abi.h"

struct region {
	struct iourd_head *head; /* the mapping, owned; NULL: none */
	size_t size;		 /* bytes, of the mapping */
	struct iourd_identity identity;
};

/*
 * Maps the memfd @fd (borrowed). -EPROTO: it is no region that can be trusted to stay mapped, or
 * its offsets lead out of it; -EPROTONOSUPPORT: of an ABI that this library does not know. With
 * these two *ret_reason says what is wrong (a literal).
 */
int region_map(int fd, struct region *ret, const char **ret_reason);
/* Fit for a zeroed one. */
void region_unmap(struct region *region);

void *region_params(const struct region *region);
/* NULL if the region has no data area. */
void *region_data(const struct region *region);

#endif
