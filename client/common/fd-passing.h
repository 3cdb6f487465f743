/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fd-passing.h - descriptors that accompany bytes on a Unix socket (SCM_RIGHTS) */
#ifndef COMMON_FD_PASSING_H
#define COMMON_FD_PASSING_H

#include <stddef.h>
#include <sys/types.h>

struct ucred;

#define PASSED_FDS_MAX 64 /* descriptors of one call */

/*
 * Calls sendmsg() once, without SIGPIPE. @flags: further MSG_* flags. @fds stay the caller's.
 * Returns the number of bytes sent, or -errno; -EMFILE: more than PASSED_FDS_MAX descriptors.
 */
ssize_t send_with_fds(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds, int flags);
/* The same with credentials (SCM_CREDENTIALS), which the kernel checks. NULL: its own choice. */
ssize_t send_with_fds_as(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds,
			 int flags, const struct ucred *sender);
/*
 * Calls recvmsg() once. Returns the number of bytes, 0 at the end of the connection, or -errno.
 * Stores *ret_n_fds descriptors, close-on-exec, at @ret_fds, which has room for @max_fds (at most
 * PASSED_FDS_MAX). -EMFILE: more descriptors than that, or than this process can open; -EMSGSIZE: a
 * packet larger than @n. On failure the bytes are lost, and received descriptors are closed.
 */
ssize_t receive_with_fds(int fd, void *bytes, size_t n, int *ret_fds, size_t max_fds,
			 size_t *ret_n_fds);

#endif
