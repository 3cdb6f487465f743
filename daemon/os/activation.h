/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * activation.h - the socket that clients connect to, from systemd or our own
 */
#ifndef DAEMON_OS_ACTIVATION_H
#define DAEMON_OS_ACTIVATION_H

#include <stdbool.h>

struct listen_socket { /* embedded; listen_socket_init() before use */
	int fd;	       /* -1: none */
	char *path;    /* of our own socket, removed at the end; NULL: systemd's */
};

/*
 * Takes the socket that systemd passed, or else listens on @path, open to all users. Replaces a
 * socket that no process listens on; anything else at @path is left untouched and is an error.
 * -errno with a text in *ret_problem (the caller frees; NULL without memory).
 */
int listen_socket_init(struct listen_socket *listening, const char *path, char **ret_problem);
/* Closes the socket and removes our own path. */
void listen_socket_done(struct listen_socket *listening);

#endif
