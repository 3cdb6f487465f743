/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * activation.h - the socket that clients connect to: systemd's, or one of our own
 */
#ifndef DAEMON_OS_ACTIVATION_H
#define DAEMON_OS_ACTIVATION_H

#include <stdbool.h>

struct listen_socket { /* embedded; listen_socket_init() before use */
	int fd;	       /* -1: none */
	char *path;    /* of our own, which is removed at the end; NULL: systemd's */
};

/*
 * Takes the socket that systemd passed, or else listens on @path, open to everybody. A socket that
 * nobody listens on any more is replaced; anything else that is there is left alone and said.
 * -errno with a sentence in *ret_problem (the caller frees; NULL if there is no memory).
 */
int listen_socket_init(struct listen_socket *listening, const char *path, char **ret_problem);
/* Closes it; our own path goes too. */
void listen_socket_done(struct listen_socket *listening);

#endif
