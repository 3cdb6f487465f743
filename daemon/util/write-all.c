/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/write-all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}
