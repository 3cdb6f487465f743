/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/release.h"

#include <linux/version.h>
#include <stdio.h>

/* As KERNEL_VERSION() encodes it; 0: not a release. */
static unsigned int version_of(const char *release)
{
	unsigned int major = 0, minor = 0, patch = 0;

	if (sscanf(release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	return KERNEL_VERSION(major, minor, patch);
}

bool release_is_older(const char *release)
{
	unsigned int version = version_of(release);

	return version != 0 && version < KERNEL_VERSION(7, 1, 0);
}

bool release_is_unsafe(const char *release)
{
	unsigned int version = version_of(release);

	return version >= KERNEL_VERSION(7, 1, 0) && version < KERNEL_VERSION(7, 1, 5);
}

/*
 * Before Linux 7.3, a task that enters a ring that it did not create crashes the kernel (seen on
 * 7.2.13), and requests of a program run in the program's context, where some checks are skipped.
 * An application with its own ring controls both. Kernels before 7.1 have rings from a patch; ours
 * has neither defect.
 */
bool release_trusts_submitters(const char *release)
{
	unsigned int version = version_of(release);

	return version >= KERNEL_VERSION(7, 1, 0) && version < KERNEL_VERSION(7, 3, 0);
}
