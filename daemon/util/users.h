/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * users.h - the port to the users of this machine, and to files opened with a user's rights
 *
 * users_linux() (daemon/os/users.c) and tests/fake implement it. Both operations may wait for a
 * directory service or a file system: call them in jobs only; any thread may.
 */
#ifndef DAEMON_UTIL_USERS_H
#define DAEMON_UTIL_USERS_H

#include "util/user.h"

struct users {
	/* @name: a name, or a number as text. -ENOENT: unknown. */
	int (*find)(struct users *users, const char *name, struct user *ret);
	/*
	 * Opens an existing file with @user's rights only. Never waits for a pipe or a device; the
	 * descriptor is in blocking mode. @flags: O_RDONLY, O_WRONLY or O_RDWR.
	 * -ELOOP: the path has too many links, or one that another user put into a sticky
	 * directory; -EXDEV: it leads into /proc.
	 */
	int (*open)(struct users *users, const struct user *user, const char *path, int flags,
		    int *ret_fd);
};

#endif
