/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern/kern.h"
#include "kern/reject.h"
#include "common/cleanup.h"

static const char *type_text(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	default:
		return "not a file with content";
	}
}

/* Reads up to @size bytes from the start of the file; returns their number. */
static ssize_t read_from_start(int fd, void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)buffer + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int image_read(int fd, struct note *note, void **ret, size_t *ret_size)
{
	_cleanup_free_ void *image = NULL;
	struct stat status;
	ssize_t n;
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return reject(note, NULL,
			      "the descriptor is %s, expected a regular file or a memfd",
			      type_text(status.st_mode));
	if ((flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
		return reject(note, NULL, "the descriptor is not open for reading");
	if (status.st_size <= 0)
		return reject(note, NULL, "the file is empty, expected an ELF object");
	if (status.st_size > (off_t)KERN_OBJECT_MAX)
		return reject(note, NULL, "the file has %jd bytes, expected at most %u",
			      (intmax_t)status.st_size, KERN_OBJECT_MAX);

	/* one byte more than expected, to detect a file that grows */
	image = malloc((size_t)status.st_size + 1);
	if (!image)
		return -ENOMEM;
	n = read_from_start(fd, image, (size_t)status.st_size + 1);
	if (n < 0)
		return (int)n;
	if (n != status.st_size)
		return reject(note, NULL,
			      "the file changed its size while it was read, from %jd bytes",
			      (intmax_t)status.st_size);

	*ret = take_ptr(image);
	*ret_size = (size_t)n;
	return 0;
}
