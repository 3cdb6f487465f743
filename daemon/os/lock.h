/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock.h - one iouringd at a time
 *
 * Two daemons would steer the same pins and hosts. The lock is the kernel's (flock), so a killed
 * daemon leaves none; what stands in its file is for people.
 */
#ifndef DAEMON_OS_LOCK_H
#define DAEMON_OS_LOCK_H

/*
 * Makes @directory (0755) if it is missing, and takes the lock in it. *ret_fd holds it until it is
 * closed. -errno with a sentence in *ret_problem (the caller frees; NULL if there is no memory).
 */
int lock_take(const char *directory, const char *socket_path, int *ret_fd, char **ret_problem);

/*
 * The same for a directory whose file system need not take files, such as a bpffs. *ret_fd is -1 if
 * it cannot be opened: then there is nothing in it to be fought over.
 */
int lock_take_directory(const char *directory, int *ret_fd, char **ret_problem);

#endif
