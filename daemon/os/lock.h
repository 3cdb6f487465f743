/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock.h - one iouringd at a time
 *
 * Two daemons would control the same pins and hosts. The lock is a flock(2), so a killed daemon
 * leaves none. The content of the lock file is for people only.
 */
#ifndef DAEMON_OS_LOCK_H
#define DAEMON_OS_LOCK_H

/*
 * Creates @directory (0755) if it is missing, and takes the lock in it. Closing *ret_fd releases
 * it. -errno with a text in *ret_problem (the caller frees; NULL without memory).
 */
int lock_take(const char *directory, const char *socket_path, int *ret_fd, char **ret_problem);

/*
 * Locks a directory itself, for file systems without regular files such as bpffs. *ret_fd is -1 if
 * the directory cannot be opened: no daemon can use it then.
 */
int lock_take_directory(const char *directory, int *ret_fd, char **ret_problem);

#endif
