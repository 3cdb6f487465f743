/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * open-path.c - walks a path name by name
 *
 * A link in /proc/PID/fd leads to an open file of that process, whatever its path. A user who can
 * place a symbolic link on a declared path could reach the daemon's own files, or the memory of
 * another user's ring. openat2() can refuse such links, but RestrictSUIDSGID= of iouringd.service
 * denies that call, because a seccomp filter cannot check its flags. This code therefore follows
 * links itself.
 */
#include "os/open-path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/cleanup.h"

#define LINKS_MAX 40 /* the kernel's limit, too */

struct walk {	       /* on open_path()'s stack */
	int directory; /* reached so far; owned */
	char rest[PATH_MAX];
	unsigned int links;
	uid_t uid;
};

static int refuse_proc(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) < 0)
		return -errno;
	return system.f_type == PROC_SUPER_MAGIC ? -EXDEV : 0;
}

static int enter(struct walk *walk, const char *name)
{
	_cleanup_close_ int fd =
		openat(walk->directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = refuse_proc(fd);
	if (r < 0)
		return r;
	safe_close(walk->directory);
	walk->directory = take_fd(&fd);
	return 0;
}

/* As with fs.protected_symlinks: in a sticky directory, links of other users are refused. */
static bool is_trap(const struct walk *walk, const struct stat *link)
{
	struct stat directory;

	if (fstat(walk->directory, &directory) < 0)
		return true;
	return (directory.st_mode & S_ISVTX) && (directory.st_mode & S_IWOTH) &&
	       link->st_uid != walk->uid && link->st_uid != directory.st_uid;
}

/* Puts the target of link @name in front of the rest. @otherwise: the result for no link. */
static int follow(struct walk *walk, const char *name, int otherwise)
{
	_cleanup_close_ int fd = openat(walk->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char target[PATH_MAX], rest[PATH_MAX];
	struct stat st;
	ssize_t length;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return otherwise;
	if (++walk->links > LINKS_MAX || is_trap(walk, &st))
		return -ELOOP;
	length = readlinkat(fd, "", target, sizeof(target));
	if (length < 0)
		return -errno;
	if (length + strlen(walk->rest) >= sizeof(rest))
		return -ENAMETOOLONG;
	memcpy(rest, target, (size_t)length);
	strcpy(rest + length, walk->rest);
	strcpy(walk->rest, rest);
	return rest[0] == '/' ? enter(walk, "/") : 0;
}

/* Removes slashes and the next name from the rest. True: it was the last name. */
static bool next_name(struct walk *walk, char name[PATH_MAX])
{
	const char *begin = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(begin, "/");

	memcpy(name, begin, length);
	name[length] = '\0';
	if (length == 0)
		strcpy(name, "."); /* a trailing slash: the directory itself */
	memmove(walk->rest, begin + length, strlen(begin + length) + 1);
	return walk->rest[0] == '\0';
}

/* A descriptor, or -errno. */
static int walk_on(struct walk *walk, int flags)
{
	char name[PATH_MAX];
	int r = enter(walk, "/");

	while (r == 0) {
		if (next_name(walk, name)) {
			_cleanup_close_ int fd =
				openat(walk->directory, name, flags | O_NOFOLLOW | O_CLOEXEC);

			if (fd >= 0)
				return refuse_proc(fd) ?: take_fd(&fd);
			r = errno == ELOOP ? follow(walk, name, -ELOOP) : -errno;
		} else {
			r = enter(walk, name);
			if (r == -ENOTDIR || r == -ELOOP)
				r = follow(walk, name, r);
		}
	}
	return r;
}

int open_path(const char *path, int flags, uid_t uid)
{
	struct walk walk = {.directory = -1, .uid = uid};
	int r;

	if (snprintf(walk.rest, sizeof(walk.rest), "%s", path) >= (int)sizeof(walk.rest))
		return -ENAMETOOLONG;
	r = walk_on(&walk, flags);
	safe_close(walk.directory);
	return r;
}
