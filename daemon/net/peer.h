/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * peer.h - the client of a connection, as the kernel reports it
 *
 * The kernel recorded the credentials at connect(). A client that changes its user later keeps
 * them. So does the pidfd, which is of the process that called connect().
 */
#ifndef DAEMON_NET_PEER_H
#define DAEMON_NET_PEER_H

#include "util/user.h"

/* The caller frees it with peer_done(). */
int peer_init(struct peer *peer, int socket_fd);

#endif
