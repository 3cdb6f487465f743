/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

int proc_open(pid_t pid, const char *name, int flags, int *ret_fd)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int proc_read(pid_t pid, const char *name, size_t size, char *text)
{
	_cleanup_close_ int fd = -1;
	ssize_t n;
	int r;

	r = proc_open(pid, name, O_RDONLY, &fd);
	if (r < 0)
		return r;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

/* The state follows the name, which may have any character. */
char proc_state(pid_t pid, pid_t tid)
{
	char name[32] = "stat", text[512];
	const char *end;

	if (tid != 0)
		snprintf(name, sizeof(name), "task/%d/stat", (int)tid);
	if (proc_read(pid, name, sizeof(text), text) < 0)
		return '\0';
	end = strrchr(text, ')');
	if (!end || end[1] != ' ')
		return '\0';
	return end[2];
}

bool proc_exited(int pidfd)
{
	struct pollfd process = {.fd = pidfd, .events = POLLIN};

	return pidfd < 0 || poll(&process, 1, 0) != 0;
}
