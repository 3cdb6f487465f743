/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* open-path.h - a file opened by its path, with no way through what a process has open */
#ifndef DAEMON_OS_OPEN_PATH_H
#define DAEMON_OS_OPEN_PATH_H

#include <sys/types.h>

/*
 * A file that is there, with the rights of the calling thread, whose file system user id is @uid.
 * @path: from the root. @flags: as of open(2). Returns a descriptor; -EXDEV: the way leads into
 * /proc; -ELOOP: through too many links, or one that somebody else has put into a directory for
 * all.
 */
int open_path(const char *path, int flags, uid_t uid);

#endif
