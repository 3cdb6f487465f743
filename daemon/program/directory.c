/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * openat2() has RESOLVE_BENEATH for this, but RestrictSUIDSGID= of the unit blocks it, because a
 * seccomp filter cannot see its flags.
 */
#include "program/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "wire/fault.h"

#define LINKS_MAX 8u /* in a row */

#define FLAGS	  (O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int refuse_link(const char *name, const char *target, struct note *note)
{
	char shown[64], reason[256];

	snprintf(shown, sizeof(shown), "%.*s", (int)sizeof(shown) - 1, target);
	for (char *c = shown; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	snprintf(reason, sizeof(reason),
		 "%s.bpf.o is a symbolic link to \"%s\", which leads out of the program directory: "
		 "put the object itself there",
		 name, shown);
	return fault_program_rejected(note, name, reason, "");
}

int directory_open(const char *directory, const char *name, struct note *note, int *ret_fd)
{
	_cleanup_close_ int parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char file[PATH_MAX], target[PATH_MAX];

	if (parent < 0)
		return -errno;
	snprintf(file, sizeof(file), "%s.bpf.o", name);
	for (unsigned int links = 0; links <= LINKS_MAX; links++) {
		int fd = openat(parent, file, FLAGS);
		ssize_t n;

		if (fd >= 0) {
			*ret_fd = fd;
			return 0;
		}
		if (errno != ELOOP)
			return -errno;
		n = readlinkat(parent, file, target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		/* "." and ".." are directories, which are no objects; the next openat() tells */
		if (strchr(target, '/'))
			return refuse_link(name, target, note);
		strcpy(file, target);
	}
	return -ELOOP;
}
