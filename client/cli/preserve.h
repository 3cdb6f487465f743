/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* preserve.h - attributes that a copy keeps, with the words of cp(1) */
#ifndef CLI_PRESERVE_H
#define CLI_PRESERVE_H

#include <stdbool.h>
#include <sys/stat.h>

enum {
	PRESERVE_MODE = 1 << 0, /* mode bits and ACL */
	PRESERVE_OWNERSHIP = 1 << 1,
	PRESERVE_TIMESTAMPS = 1 << 2,
	PRESERVE_XATTR = 1 << 3,
	PRESERVE_LENIENT = 1 << 4, /* an extended attribute that cannot be kept is no error */
	PRESERVE_DEFAULT = PRESERVE_MODE | PRESERVE_OWNERSHIP | PRESERVE_TIMESTAMPS,
	PRESERVE_ALL = PRESERVE_DEFAULT | PRESERVE_XATTR | PRESERVE_LENIENT,
};

/* Adds to *what what "mode,xattr" names. @list: NULL: PRESERVE_DEFAULT. False after a message. */
bool preserve_parse(const char *list, unsigned int *what);
/*
 * The mode to create a target with. It may give its owner more than the source's, and others less,
 * until preserve_apply() is called.
 */
mode_t preserve_initial_mode(const struct stat *source, unsigned int what);
/*
 * Gives the target @fd the attributes of the source, which was @status before it was read.
 * @created: it had preserve_initial_mode(). @mode: what it gets unless the source's mode is
 * preserved; -1: it keeps its mode. 0, or STATUS_FAILED after a message for each attribute that was
 * not preserved.
 */
int preserve_apply(int fd, const char *path, int source, const struct stat *status,
		   unsigned int what, bool created, int mode);

#endif
