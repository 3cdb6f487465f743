/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"
#include "objects.h"

static int renamed_object(const char *path, const char *name)
{
	int in = open(path, O_RDONLY | O_CLOEXEC), out = memfd_create("object", MFD_CLOEXEC);
	const uint32_t magic = IOURD_DESCRIPTOR_MAGIC;
	struct iourd_descriptor *descriptor;
	struct stat st;
	char *bytes;

	measure_check(in < 0 || out < 0 || fstat(in, &st) < 0 ? -errno : 0, path);
	bytes = malloc((size_t)st.st_size);
	measure_check(bytes && read(in, bytes, (size_t)st.st_size) == st.st_size ? 0 : -EIO, path);
	descriptor = memmem(bytes, (size_t)st.st_size, &magic, sizeof(magic));
	measure_check(descriptor ? 0 : -ENOENT, "descriptor");
	snprintf(descriptor->name, sizeof(descriptor->name), "%s", name);
	measure_check(write(out, bytes, (size_t)st.st_size) == st.st_size ? 0 : -EIO, "memfd");
	free(bytes);
	close(in);
	return out;
}

void load_renamed(struct iouctl *c, const char *path, const char *name)
{
	int fd = renamed_object(path, name);
	char *text;

	measure_check(iouctl_call(c, "LoadProgram", "{\"objectFileDescriptor\":0}", &fd, 1, &text,
				  NULL, NULL),
		      iouctl_error_message(c));
	free(text);
	close(fd);
}
