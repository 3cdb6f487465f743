/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cleanup.h - automatic release of what local variables own
 *
 * Initialise an owning local to NULL or -1. Move its value out only with take_ptr() or take_fd().
 */
#ifndef COMMON_CLEANUP_H
#define COMMON_CLEANUP_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* _cleanup_(f): calls f with the local's address when the local goes out of scope. */
#define _cleanup_(f) __attribute__((cleanup(f)))

/* DEFINE_CLEANUP(x_free, struct x): defines x_freep() for _cleanup_(x_freep) struct x *. */
#define DEFINE_CLEANUP(function, type)                                                             \
	static inline void function##p(type **p)                                                   \
	{                                                                                          \
		if (*p)                                                                            \
			function(*p);                                                              \
	}

/* Closes @fd unless it is -1, and preserves errno. Returns -1. */
static inline int safe_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

static inline void cleanup_close(int *fd)
{
	safe_close(*fd);
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define _cleanup_close_	 _cleanup_(cleanup_close)
#define _cleanup_free_	 _cleanup_(cleanup_free)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

/* Moves the value out of the local, which then owns nothing. */
static inline int take_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *take_ptr_at = &(p);                                                 \
		__typeof__(p) take_ptr_value = *take_ptr_at;                                       \
		*take_ptr_at = NULL;                                                               \
		take_ptr_value;                                                                    \
	})

#endif
