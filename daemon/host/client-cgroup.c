/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/client-cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/proc.h"
#include "util/cgroup.h"

#define ROOT	  "/sys/fs/cgroup"
#define PROCESSES "cgroup.procs"

int cgroup_root_open(int *ret_fd)
{
	_cleanup_close_ int fd = open(ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs st;

	if (fd < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	if (fstatfs(fd, &st) < 0)
		return -errno;
	if (st.f_type != CGROUP2_SUPER_MAGIC)
		return -EOPNOTSUPP;
	if (faccessat(fd, PROCESSES, W_OK, AT_EACCESS) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

int client_cgroup_unit(const char *path, struct placement *ret)
{
	const char *name, *rest;
	size_t length;
	bool found = cgroup_split(path, &name, &length, &rest);

	strcpy(ret->slice, "");
	strcpy(ret->group, rest);
	if (!found || length >= sizeof(ret->unit))
		return -EINVAL;
	snprintf(ret->unit, sizeof(ret->unit), "%.*s", (int)length, name);
	return 0;
}

static int open_file(int root_fd, const char *path, const char *name, int flags, int *ret_fd)
{
	char file[PATH_MAX];
	int fd;

	if (snprintf(file, sizeof(file), "%s%s%s", path, *path ? "/" : "", name) >=
	    (int)sizeof(file))
		return -ENAMETOOLONG;
	fd = openat(root_fd, file, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int client_cgroup_open(int root_fd, pid_t pid, int pidfd, int *ret_fd,
		       struct placement *ret_placement)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r;

	r = cgroup_read(pid, sizeof(path), path);
	if (r == 0)
		r = open_file(root_fd, path, PROCESSES, O_WRONLY, &fd);
	if (r == -EACCES)
		r = client_cgroup_unit(path, ret_placement);
	if (proc_exited(pidfd))
		return -ESRCH;
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

bool client_cgroup_frozen(int root_fd, pid_t pid)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX], text[128];
	ssize_t n;

	if (root_fd < 0 || cgroup_read(pid, sizeof(path), path) < 0 ||
	    open_file(root_fd, path, "cgroup.events", O_RDONLY, &fd) < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return false;
	text[n] = '\0';
	return strstr(text, "frozen 1\n");
}
