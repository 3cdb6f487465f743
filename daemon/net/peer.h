/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * peer.h - the client of a connection, as the kernel reports it
 *
 * The kernel recorded the credentials at connect(). A client that changes its user later keeps
 * them.
 */
#ifndef DAEMON_NET_PEER_H
#define DAEMON_NET_PEER_H

#include "util/user.h"

/* peer->user is the caller's to free. */
int peer_init(struct peer *peer, int socket_fd);

#endif
