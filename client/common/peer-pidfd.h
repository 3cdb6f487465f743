/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* peer-pidfd.h - the process at the other end of a Unix socket */
#ifndef COMMON_PEER_PIDFD_H
#define COMMON_PEER_PIDFD_H

#include <sys/socket.h>

#ifndef SO_PEERPIDFD /* since Linux 6.5; the build machine's headers may be older */
#define SO_PEERPIDFD 77
#endif

/*
 * A pidfd, the caller's, of the process that connected, or that called listen() last; or -1: that
 * process is gone, or the kernel does not support SO_PEERPIDFD.
 */
static inline int peer_pidfd(int socket)
{
	int fd;
	socklen_t size = sizeof(fd);

	return getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0 ? fd : -1;
}

#endif
