/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * user.h - a user of this machine, and the client of a request
 */
#ifndef DAEMON_UTIL_USER_H
#define DAEMON_UTIL_USER_H

#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

struct user { /* embedded; owns its groups. Zeroed: root without supplementary groups. */
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary */
	size_t n_groups;
};

static inline void user_done(struct user *user)
{
	free(user->groups);
	*user = (struct user){0};
}

/* The client of a request. A copy borrows what the original owns. */
struct peer { /* zeroed: the daemon, in root's name */
	struct user user;
	pid_t pid; /* 0: the daemon asks in the user's name */
	int pidfd; /* valid if pid is not 0; -1: the process is gone, or unknown */
	/* The control group of that process, without a leading slash; NULL: not known. */
	char *cgroup;
	uid_t payer; /* of its connections: the owner, if the uid is a subordinate one */
};

static inline void peer_done(struct peer *peer)
{
	if (peer->pid != 0 && peer->pidfd >= 0)
		close(peer->pidfd);
	free(peer->cgroup);
	user_done(&peer->user);
	*peer = (struct peer){0};
}

#endif
