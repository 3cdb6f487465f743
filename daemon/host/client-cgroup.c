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

#define ROOT	  "/sys/fs/cgroup"
#define PROCESSES "cgroup.procs"
#define LINE	  "\n0::/" /* how the line of the unified hierarchy begins, in /proc/PID/cgroup */
#define SLICE	  ".slice"
#define OUTSIDE	  "../" /* a group that is not below this process's root */

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

/* The path of the group, relative to the root. */
static int find_group(pid_t pid, size_t size, char *path)
{
	char text[PATH_MAX + 64];
	char *group, *end;
	int r;

	r = proc_read(pid, "cgroup", sizeof(text), text);
	if (r < 0)
		return r;
	group = strncmp(text, LINE + 1, strlen(LINE + 1)) == 0 ? text : strstr(text, LINE);
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

/* The unit is the first group that is no slice; only units are delegated, and what is below them.
 */
int client_cgroup_unit(const char *path, struct placement *ret)
{
	const char *name = path;
	size_t length = strcspn(name, "/");

	while (is_slice(name, length) && name[length] == '/') {
		name += length + 1;
		length = strcspn(name, "/");
	}
	strcpy(ret->slice, "");
	strcpy(ret->group, name + length);
	if (*name == '_') { /* systemd's escape for names that the kernel could use, too */
		name++;
		length--;
	}
	if (length == 0 || length >= sizeof(ret->unit))
		return -EINVAL;
	snprintf(ret->unit, sizeof(ret->unit), "%.*s", (int)length, name);
	return 0;
}

static int open_processes(int root_fd, const char *path, int *ret_fd)
{
	char file[PATH_MAX];
	int fd;

	if (snprintf(file, sizeof(file), "%s%s" PROCESSES, path, *path ? "/" : "") >=
	    (int)sizeof(file))
		return -ENAMETOOLONG;
	fd = openat(root_fd, file, O_WRONLY | O_CLOEXEC);
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

	r = find_group(pid, sizeof(path), path);
	if (r == 0)
		r = open_processes(root_fd, path, &fd);
	if (r == -EACCES)
		r = client_cgroup_unit(path, ret_placement);
	if (proc_exited(pidfd))
		return -ESRCH;
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}
