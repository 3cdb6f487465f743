/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * users.h - the users of this machine, for those who act in their name
 *
 * Implemented by users_linux() (daemon/os/users.c) and by tests/fake. Both operations may take as
 * long as a directory service or a file system does: in jobs only, from any thread.
 */
#ifndef DAEMON_UTIL_USERS_H
#define DAEMON_UTIL_USERS_H

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

struct users {
	/* By name, or by number as text. -ENOENT: there is no such user. */
	int (*find)(struct users *users, const char *name, struct user *ret);
	/*
	 * Opens a file that is there with nothing but @user's rights to it. Never waits for a pipe
	 * or a device; the descriptor is a blocking one. @flags: O_RDONLY, O_WRONLY or O_RDWR.
	 * -ELOOP: the path leads through too many links, or one that another user has put into a
	 * directory for all; -EXDEV: into /proc.
	 */
	int (*open)(struct users *users, const struct user *user, const char *path, int flags,
		    int *ret_fd);
};

#endif
