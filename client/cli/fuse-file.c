/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool is_fuse_file(int fd, struct stat *ret)
{
	struct statfs fs;

	return fstat(fd, ret) == 0 && S_ISREG(ret->st_mode) && fstatfs(fd, &fs) == 0 &&
	       fs.f_type == FUSE_SUPER_MAGIC;
}

int fuse_file_prepare(int fd)
{
	struct stat st;

	if (!is_fuse_file(fd, &st))
		return 0;
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ? -errno : 0;
}

bool fuse_file_exceeds(int fd, uint64_t offset)
{
	struct stat st;
	char byte;

	/* in this order: a file that grows meanwhile has the larger size then */
	return is_fuse_file(fd, &st) && offset <= INT64_MAX &&
	       pread(fd, &byte, 1, (off_t)offset) > 0 && fstat(fd, &st) == 0 &&
	       (uint64_t)st.st_size <= offset;
}
