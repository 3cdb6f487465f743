/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* open-path.h - opens a file by its path, following no link of /proc */
#ifndef DAEMON_OS_OPEN_PATH_H
#define DAEMON_OS_OPEN_PATH_H

#include <sys/types.h>

/*
 * Opens an existing file with the rights of the calling thread, whose file system user id is @uid.
 * @path: absolute. @flags: as for open(2). Returns a descriptor, or -EXDEV: the path leads into
 * /proc; -ELOOP: it has too many links, or one that another user put into a sticky directory.
 */
int open_path(const char *path, int flags, uid_t uid);

#endif
