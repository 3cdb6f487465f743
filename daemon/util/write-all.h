/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* write-all.h - writes to a file until all is written */
#ifndef DAEMON_UTIL_WRITE_ALL_H
#define DAEMON_UTIL_WRITE_ALL_H

#include <stddef.h>

/* 0 or -errno; then a part may be written. */
int write_all(int fd, const char *bytes, size_t size);

#endif
