/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fds.h - the descriptors of a test's own process: that none is leaked */
#ifndef TESTS_FDS_H
#define TESTS_FDS_H

#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>

/* How many are open. It opens one itself, each time. */
static inline size_t count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t n = 0;

	if (!directory)
		abort();
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

#endif
