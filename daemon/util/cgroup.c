/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

#define LINE	"\n0::/" /* how the line of the unified hierarchy begins, in /proc/PID/cgroup */
#define SLICE	".slice"
#define OUTSIDE "../" /* a group that is not below this process's root */

int cgroup_read(pid_t pid, size_t size, char *path)
{
	_cleanup_close_ int fd = -1;
	char text[PATH_MAX + 64];
	char *group, *end;
	ssize_t n;

	snprintf(text, sizeof(text), "/proc/%d/cgroup", (int)pid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	group = strncmp(text, &LINE[1], strlen(&LINE[1])) == 0 ? text : strstr(text, LINE);
	group = group ? strchr(group, '/') : NULL;
	end = group ? strchr(group, '\n') : NULL; /* the kernel allows none in a name */
	if (!end)
		return -EIO;
	*end = '\0';
	group++;
	if (strncmp(group, OUTSIDE, strlen(OUTSIDE)) == 0)
		return -EXDEV;
	if (strlen(group) >= size)
		return -ENAMETOOLONG;
	strcpy(path, group);
	return 0;
}

static bool is_slice(const char *name, size_t length)
{
	const size_t suffix = strlen(SLICE);

	return length > suffix && strncmp(name + length - suffix, SLICE, suffix) == 0;
}

bool cgroup_split(const char *path, const char **ret_unit, size_t *ret_length,
		  const char **ret_rest)
{
	const char *name = path;
	size_t length = strcspn(name, "/");

	while (is_slice(name, length) && name[length] == '/') {
		name += length + 1;
		length = strcspn(name, "/");
	}
	*ret_rest = name + length;
	if (length > 0 && *name == '_') { /* systemd's escape for names that the kernel could use */
		name++;
		length--;
	}
	*ret_unit = name;
	*ret_length = length;
	return length > 0;
}

bool cgroup_unit(const char *path, size_t size, char *unit)
{
	const char *name, *rest;
	size_t length;

	if (!cgroup_split(path, &name, &length, &rest) || length >= size || is_slice(name, length))
		return false;
	memcpy(unit, name, length);
	unit[length] = '\0';
	return true;
}
