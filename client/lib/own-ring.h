/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own-ring.h - an io_uring of this process, fit for a loop program */
#ifndef LIB_OWN_RING_H
#define LIB_OWN_RING_H

#include <stdint.h>

#include "lib/region.h"

struct own_ring_setup { /* descriptors are borrowed */
	uint32_t sq_entries;
	uint32_t cq_entries;
	const struct region *region; /* mapped; stays so for as long as the ring */
	const int *files;	     /* by slot; -1: empty */
	uint32_t n_files;
};

/* Disabled. -errno, and then *ret_step (a literal) is what failed. The caller closes it. */
int own_ring_make(const struct own_ring_setup *setup, int *ret_fd, const char **ret_step);

#endif
