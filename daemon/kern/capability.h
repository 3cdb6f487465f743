/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * capability.h - the capabilities of this kernel, and of this process on it
 *
 * To add one, add a row to the table in capability.c and, if necessary, a probe.
 */
#ifndef KERN_CAPABILITY_H
#define KERN_CAPABILITY_H

#include <stddef.h>

#include "kern/surroundings.h"

struct kern_capability;
struct kernel_btf;

/* Owns its texts. */
struct capabilities {
	struct kern_capability *items;
	size_t n;
	struct surroundings surroundings; /* when they were probed */
};

/* Probes all, unprivileged too and on any kernel. Creates @pin_directory on a bpffs. */
int capabilities_init(struct capabilities *capabilities, const struct kernel_btf *btf,
		      const char *pin_directory);
/* Probes them again if the surroundings have changed. If that fails, they stay as they were. */
void capabilities_refresh(struct capabilities *capabilities, const struct kernel_btf *btf,
			  const char *pin_directory);
void capabilities_done(struct capabilities *capabilities);

#define CAPABILITIES_COMPLETE ((size_t)-1)
/* The index of the first required one that is missing, or CAPABILITIES_COMPLETE. */
size_t capabilities_missing(const struct capabilities *capabilities);
/* The names of a capability, and of the first kernel that has it; both are constant. */
const char *capability_name(size_t index);
const char *capability_since(size_t index);

#endif
