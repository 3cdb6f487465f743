/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* adopt.h - what a ring has that this process runs itself */
#ifndef LIB_ADOPT_H
#define LIB_ADOPT_H

#include <stdbool.h>

struct adoption { /* owned by its ring, with its descriptors; -1: not there yet */
	int ring_fd;
	int region_fd; /* kept open: the next daemon takes it from here */
	int lease_fd;  /* listens; nobody accepts */
	bool enabled;
};

#endif
