/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * control-socket.h - the sockets by which hosts are reached, in a directory that only root enters
 */
#ifndef DAEMON_HOST_CONTROL_SOCKET_H
#define DAEMON_HOST_CONTROL_SOCKET_H

#include <stdbool.h>

#define CONTROL_SOCKET_SUFFIX  ".socket"  /* a host listens there, and answers */
#define CONTROL_ADOPTED_SUFFIX ".adopted" /* an application: the socket is its ring's lease */

/* Makes @path if it is missing, with its parents. -EPERM: it belongs to somebody else. */
int control_directory_open(const char *path, int *ret_fd);

/* Whether @name is a valid ring name (common/names.h), and so safe as a file name. */
bool control_name_is_valid(const char *name);

/* A listening socket for a new host; -EEXIST: there is one of that name. */
int control_socket_listen(int directory_fd, const char *name, const char *suffix, int *ret_fd);
/* -ECONNREFUSED: nobody listens any more; -EAGAIN: somebody does, and has not for a while. */
int control_socket_connect(int directory_fd, const char *name, const char *suffix, int *ret_fd);
void control_socket_remove(int directory_fd, const char *name, const char *suffix);

#endif
