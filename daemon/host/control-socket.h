/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * control-socket.h - the sockets of hosts, in a directory that only root can enter
 */
#ifndef DAEMON_HOST_CONTROL_SOCKET_H
#define DAEMON_HOST_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#define CONTROL_SOCKET_SUFFIX ".socket" /* of a host, which accepts connections */
#define CONTROL_ADOPTED_SUFFIX                                                                     \
	".adopted" /* of an application: its ring's lease, never accepted from */

/* Opens @path; creates it and its parents if missing. -EPERM: another user owns it. */
int control_directory_open(const char *path, int *ret_fd);

/* Whether @name is a valid ring name (common/names.h), and so safe as a file name. */
bool control_name_is_valid(const char *name);

/* Makes a listening socket for a new host. -EEXIST: the name is in use. */
int control_socket_listen(int directory_fd, const char *name, const char *suffix, int *ret_fd);
/* -ECONNREFUSED: the listener is gone; -EAGAIN: its backlog is full. */
int control_socket_connect(int directory_fd, const char *name, const char *suffix, int *ret_fd);
/*
 * The process that called listen() last on the connection's peer, as the kernel knows it. It is the
 * host; or the daemon that created the socket, if the host did not come that far.
 * *ret_uid -1: unknown. *ret_pidfd, the caller's, is -1 for this process, for one that is gone, and
 * if the kernel does not support SO_PEERPIDFD.
 */
void control_socket_peer(int connection, uid_t *ret_uid, pid_t *ret_pid, int *ret_pidfd);
/* -EEXIST: there is a socket @to; -ENOENT: none of @from. */
int control_socket_rename(int directory_fd, const char *from, const char *to, const char *suffix);
void control_socket_remove(int directory_fd, const char *name, const char *suffix);

#endif
