/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/problem.h"
#include "common/cleanup.h"

#define LOCK_NAME "lock"

/* The file has "process N, serving PATH" from the holder. */
static int held(int fd, const char *directory, char **ret_problem)
{
	char holder[256];
	ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);

	holder[n < 0 ? 0 : n] = '\0';
	holder[strcspn(holder, "\n")] = '\0';
	return set_problem(
		ret_problem, -EEXIST,
		"another iouringd (%s) holds %s/" LOCK_NAME
		": stop it first; if it is the service, run systemctl stop iouringd.service",
		holder[0] ? holder : "starting", directory);
}

/* Whatever the umask is: users reach the socket in it. */
static int make_directory(const char *path)
{
	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	return chmod(path, 0755) < 0 ? -errno : 0;
}

int lock_take(const char *directory, const char *socket_path, int *ret_fd, char **ret_problem)
{
	_cleanup_close_ int directory_fd = -1, fd = -1;
	char holder[256];
	int r, n;

	*ret_problem = NULL;
	r = make_directory(directory);
	if (r < 0)
		return set_problem(ret_problem, r, "cannot create %s: %s", directory, strerror(-r));
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory_fd >= 0)
		fd = openat(directory_fd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			    0644);
	if (fd < 0) {
		r = -errno;
		return set_problem(ret_problem, r, "cannot open %s/" LOCK_NAME ": %s", directory,
				   strerror(-r));
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = -errno;
		if (r == -EWOULDBLOCK)
			return held(fd, directory, ret_problem);
		return set_problem(ret_problem, r, "cannot lock %s/" LOCK_NAME ": %s", directory,
				   strerror(-r));
	}
	n = snprintf(holder, sizeof(holder), "process %d, serving %s\n", getpid(), socket_path);
	if (n >= (int)sizeof(holder))
		n = (int)sizeof(holder) - 1;
	/* for people only: a full disk must not stop the daemon */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, holder, (size_t)n, 0) < 0)
		(void)ftruncate(fd, 0);
	*ret_fd = take_fd(&fd);
	return 0;
}

int lock_take_directory(const char *directory, int *ret_fd, char **ret_problem)
{
	_cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	*ret_problem = NULL;
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = -errno;
		if (r == -EWOULDBLOCK)
			return set_problem(ret_problem, -EEXIST,
					   "another iouringd uses %s: stop it, or choose another "
					   "directory with --pin-directory",
					   directory);
		return set_problem(ret_problem, r, "cannot lock %s: %s", directory, strerror(-r));
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
