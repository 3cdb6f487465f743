/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* file-limit.h - the daemon's limit of open files */
#ifndef DAEMON_OS_FILE_LIMIT_H
#define DAEMON_OS_FILE_LIMIT_H

/* Connections and rings need descriptors; the hard limit is the administrator's. */
void file_limit_raise(void);

#endif
