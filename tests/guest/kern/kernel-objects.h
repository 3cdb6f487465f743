/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-objects.h - counting what a process and the kernel hold, to see what is left behind */
#ifndef TESTS_GUEST_KERN_OBJECTS_H
#define TESTS_GUEST_KERN_OBJECTS_H

#include <stddef.h>

struct kernel_objects {
	size_t descriptors; /* open ones of this process */
	size_t mappings;    /* of this process */
	size_t maps;	    /* BPF objects of the whole machine */
	size_t programs;
	size_t links;
	size_t types;
};

void kernel_objects_count(struct kernel_objects *ret);
/* Waits until there are no more than before; the kernel frees some objects a while later. */
void kernel_objects_assert_back(const struct kernel_objects *before);

#endif
