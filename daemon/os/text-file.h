/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text-file.h - reads a whole small file */
#ifndef DAEMON_OS_TEXT_FILE_H
#define DAEMON_OS_TEXT_FILE_H

#include <stddef.h>

#define TEXT_FILE_MAX (1u << 20) /* bytes */

/* The caller frees *ret. -EINVAL: @fd is no regular file; -EFBIG: it is larger than that. */
int text_file_read(int fd, char **ret, size_t *ret_size);

#endif
