/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/text-file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

int text_file_read(int fd, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *text = NULL;
	struct stat status;
	size_t size = 0;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	text = malloc(TEXT_FILE_MAX);
	if (!text)
		return -ENOMEM;
	while (size < TEXT_FILE_MAX) {
		ssize_t n = read(fd, text + size, TEXT_FILE_MAX - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			*ret = take_ptr(text);
			*ret_size = size;
			return 0;
		}
		size += (size_t)n;
	}
	return -EFBIG;
}
