/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* surroundings.h - the settings of the machine that can change while the daemon runs */
#ifndef KERN_SURROUNDINGS_H
#define KERN_SURROUNDINGS_H

#include <stdbool.h>

struct surroundings {
	int disabled; /* kernel.io_uring_disabled; -1: the kernel has no such setting */
	int group;    /* kernel.io_uring_group; -1: as above, or no group */
	int pins;     /* 0, or why nothing can be pinned: -errno */
};

/* Creates @pin_directory if its parent is on a bpffs. */
struct surroundings surroundings_look(const char *pin_directory);
bool surroundings_equal(const struct surroundings *a, const struct surroundings *b);

#endif
