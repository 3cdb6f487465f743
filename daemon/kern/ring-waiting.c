/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/ring-waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

#define SHOWN_MAX 16384u /* bytes: the start of the file, before lists that can be long */

static int read_shown(const char *path, char *buffer)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t r;

	if (fd < 0)
		return -errno;
	while (n < SHOWN_MAX - 1 && (r = read(fd, buffer + n, SHOWN_MAX - 1 - n)) > 0)
		n += (size_t)r;
	buffer[n] = '\0';
	return 0;
}

/* The number on the line "NAME: N"; false: no such line. */
static bool find_number(const char *text, const char *name, uint32_t *ret)
{
	size_t length = strlen(name);
	const char *line = text;

	while (line) {
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			*ret = (uint32_t)strtoul(line + length + 1, NULL, 0);
			return true;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return false;
}

bool is_io_uring(pid_t pid, int fd)
{
	static const char expected[] = "anon_inode:[io_uring]";
	char path[64], target[sizeof(expected) + 1];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	n = readlink(path, target, sizeof(target));
	return n == (ssize_t)strlen(expected) && memcmp(target, expected, (size_t)n) == 0;
}

/* The error if nothing is shown of the ring. */
static int explain_nothing(pid_t pid, int ring_fd)
{
	char path[64];

	if (is_io_uring(pid, ring_fd))
		return -EAGAIN;
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return access(path, F_OK) < 0 ? -ESRCH : -EBADF;
}

/* Two numbers of a ring. */
static int read_two(pid_t pid, int ring_fd, const char *const names[2], uint32_t ret[2])
{
	char path[64], text[SHOWN_MAX];
	uint32_t numbers[2];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, ring_fd);
	r = read_shown(path, text);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0 || !find_number(text, names[0], &numbers[0]) ||
	    !find_number(text, names[1], &numbers[1]))
		return explain_nothing(pid, ring_fd);
	memcpy(ret, numbers, sizeof(numbers));
	return 0;
}

int ring_waiting(pid_t pid, int ring_fd, uint32_t *ret_n)
{
	static const char *const names[2] = {"CqHead", "CqTail"};
	uint32_t queue[2];
	int r = read_two(pid, ring_fd, names, queue);

	if (r < 0)
		return r;
	*ret_n = queue[1] - queue[0];
	return 0;
}

int ring_entries(pid_t pid, int ring_fd, uint32_t *ret_sq, uint32_t *ret_cq)
{
	static const char *const names[2] = {"SqMask", "CqMask"};
	uint32_t masks[2];
	int r = read_two(pid, ring_fd, names, masks);

	if (r < 0)
		return r;
	*ret_sq = masks[0] + 1;
	*ret_cq = masks[1] + 1;
	return 0;
}

bool ring_is_unlocked(int ring_fd)
{
	char path[64], text[SHOWN_MAX];
	uint32_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ring_fd);
	return read_shown(path, text) == 0 && find_number(text, "CqTail", &n);
}
