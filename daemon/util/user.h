/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * user.h - a user of this machine, and the client of a request
 */
#ifndef DAEMON_UTIL_USER_H
#define DAEMON_UTIL_USER_H

#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>

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

/* The client of a request. A copy borrows the groups of the original. */
struct peer {
	struct user user;
	pid_t pid; /* 0: the daemon asks in the user's name */
};

#endif
