/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "util/parcel.h"

int file_facts_read(int fd, struct file_facts *ret)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct file_facts){
		.device = st.st_dev,
		.inode = st.st_ino,
		.special = st.st_rdev,
		.size = st.st_size,
		.blocks = st.st_blocks,
		.mode = st.st_mode,
		.flags = (uint32_t)flags,
	};
	return 0;
}
