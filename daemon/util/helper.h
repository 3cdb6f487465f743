/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* helper.h - starts a helper program of the daemon */
#ifndef DAEMON_UTIL_HELPER_H
#define DAEMON_UTIL_HELPER_H

#include <sys/types.h>

#define HELPER_FD 3 /* the one descriptor that the program gets */

/*
 * Starts @path with @fd as HELPER_FD, an empty environment, default signals and a session of its
 * own.
 * @arguments: from argv[0] on; NULL ends them. The caller closes the pidfd and reaps the process.
 * Any thread may call it. 0 or -errno.
 */
int helper_spawn(const char *path, const char *const *arguments, int fd, pid_t *ret_pid,
		 int *ret_pidfd);

#endif
