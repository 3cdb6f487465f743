/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* adoption.h - the descriptors of a ring that this process runs itself */
#ifndef LIB_ADOPTION_H
#define LIB_ADOPTION_H

#include <stdbool.h>

struct adoption { /* owned by its ring; owns its descriptors, -1 until they exist */
	int ring_fd;
	int region_fd; /* kept open: a restarted daemon takes the region from here */
	int lease_fd;  /* a listening socket on which nobody accepts */
	bool enabled;
};

/* Duplicates the two descriptors, which are borrowed, and listens on the lease. */
int adoption_new(int region_fd, int lease_fd, struct adoption **ret);
/* Accepts NULL. Returns NULL. */
struct adoption *adoption_free(struct adoption *adoption);

#endif
