/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own-ring.h - makes an io_uring in this process for a loop program */
#ifndef LIB_OWN_RING_H
#define LIB_OWN_RING_H

#include <stdint.h>

#include "lib/region.h"

struct own_ring_setup { /* descriptors are borrowed */
	uint32_t sq_entries;
	uint32_t cq_entries;
	const struct region *region; /* must stay mapped while the ring exists */
	const int *files;	     /* by slot; -1: empty */
	uint32_t n_files;
};

/*
 * Makes a disabled ring; the caller closes it. On failure returns -errno, and *ret_step (a literal)
 * names the step that failed.
 */
int own_ring_make(const struct own_ring_setup *setup, int *ret_fd, const char **ret_step);

#endif
