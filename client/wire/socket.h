/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * socket.h - Unix stream sockets that pass descriptors
 */
#ifndef WIRE_SOCKET_H
#define WIRE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/schema.h"

/*
 * Connects to @path and waits at most @timeout_ms for a server that is slow to accept (-1: no
 * limit; then -ETIMEDOUT). With 0 the socket is non-blocking, otherwise blocking; it is
 * close-on-exec. -ENAMETOOLONG: a socket address cannot hold @path; -EINVAL: @path is empty.
 */
int socket_connect_unix(const char *path, int timeout_ms, int *ret_fd);
/* Limits how long each send waits; it then fails with -EAGAIN. -1: no limit. */
int socket_set_send_timeout(int fd, int timeout_ms);

/*
 * Calls sendmsg() once, with the descriptors, which stay the caller's, on the first byte, as the
 * effective user, who is also the user of a connection (SO_PEERCRED). Returns
 * the number of bytes sent, or -errno: -EAGAIN, -EPIPE (no signal is raised), ...
 */
ssize_t socket_send(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds);

/*
 * Calls recvmsg() once. Returns the number of bytes, 0 if the peer has closed the connection, or
 * -errno. Adds received descriptors, close-on-exec, to @fds. -EMFILE: there were more than
 * MANAGER_FDS_MAX, or more than this process can open; these are closed.
 */
ssize_t socket_receive(int fd, void *bytes, size_t n, struct schema_fds *fds);

/*
 * Returns up to @n available bytes without consuming them. *ret_fds: descriptors belong to one of
 * them or, because the kernel looks ahead, to a later byte. If it is false, reading these bytes
 * receives no descriptors. Results are those of socket_receive().
 *
 * If @fd has SO_PASSCRED, @ret_sender must not be NULL: *ret_sender is the user that has sent these
 * bytes. The kernel joins no bytes of two senders. Otherwise it must be NULL: without credentials,
 * their room would receive descriptors.
 */
ssize_t socket_peek(int fd, void *bytes, size_t n, bool *ret_fds, uid_t *ret_sender);

/* Waits for @events (POLLIN, POLLOUT): 0. -ETIMEDOUT after @timeout_ms (-1: no limit); -EINTR. */
int socket_wait(int fd, short events, int timeout_ms);

#endif
