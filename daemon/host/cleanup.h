/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cleanup.h - locals that own something
 */
#ifndef DAEMON_HOST_CLEANUP_H
#define DAEMON_HOST_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_free(void *memory)
{
	free(*(void **)memory);
}

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define _cleanup_close_ __attribute__((cleanup(cleanup_close)))
#define _cleanup_free_	__attribute__((cleanup(cleanup_free)))

#endif
