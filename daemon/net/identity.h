/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * identity.h - who is at the other end of a connection, by the kernel's word
 *
 * As of the time of connect(): a client that changes its user later is still who it was.
 */
#ifndef DAEMON_NET_IDENTITY_H
#define DAEMON_NET_IDENTITY_H

#include <stddef.h>
#include <sys/types.h>

struct identity { /* embedded; zeroed is empty */
	uid_t uid;
	gid_t gid;
	pid_t pid;
	gid_t *groups; /* supplementary; owned */
	size_t n_groups;
};

int identity_init(struct identity *identity, int socket_fd);
void identity_done(struct identity *identity);

#endif
