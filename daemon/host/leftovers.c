/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A daemon that was killed leaves its hosts running. Each is reached by its control socket, asked
 * to end, killed if it does not, and waited for: its ring must be gone before its pins go.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/control-socket.h"
#include "host/hosts-linux.h"
#include "host/message.h"
#include "wire/cleanup.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define PATIENCE_MS 1000 /* until it is killed */
#define LIMIT_MS    2000

/* Owns its descriptors. Gone when both have said so, as far as there are both. */
struct leftover {
	char name[CONTROL_NAME_MAX];
	int connection; /* -1: hung up */
	int pidfd;	/* -1: ended, or not known */
};

struct leftovers {
	struct leftover *all;
	size_t n;
	bool unreachable; /* one that listens but could not be connected to */
};

static void leftover_done(struct leftover *leftover)
{
	if (leftover->connection >= 0)
		close(leftover->connection);
	if (leftover->pidfd >= 0)
		close(leftover->pidfd);
}

static void leftovers_done(struct leftovers *leftovers)
{
	for (size_t i = 0; i < leftovers->n; i++)
		leftover_done(&leftovers->all[i]);
	free(leftovers->all);
}

/*
 * Who called listen() last, by the kernel's word: the host, or, if it had not come that far, the
 * daemon that made it, which is gone. -1 if the kernel does not say.
 */
static int peer_pidfd(int connection)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = -1;

	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    peer.pid == getpid())
		return -1;
	size = sizeof(fd);
	if (getsockopt(connection, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) < 0)
		return -1;
	return fd;
}

static int leftovers_add(struct leftovers *leftovers, int directory_fd, const char *name)
{
	const struct control_head end = control_command(CONTROL_END);
	struct leftover *all;
	int fd, r;

	all = reallocarray(leftovers->all, leftovers->n + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	leftovers->all = all;
	r = control_socket_connect(directory_fd, name, &fd);
	if (r == -ECONNREFUSED) {
		control_socket_remove(directory_fd, name);
		return 0;
	}
	if (r == -EAGAIN) {
		leftovers->unreachable = true;
		return 0;
	}
	if (r < 0)
		return r;
	/* Of a connection that is being reset, the end shows below. */
	control_send(fd, &end, sizeof(end), NULL, 0);
	all[leftovers->n] = (struct leftover){.connection = fd, .pidfd = peer_pidfd(fd)};
	strcpy(all[leftovers->n++].name, name);
	return 0;
}

/* "NAME.socket" as NAME, cut in place; false: something else. */
static bool cut_name(char *file)
{
	size_t length = strlen(file), suffix = strlen(CONTROL_SOCKET_SUFFIX);

	if (length <= suffix || strcmp(file + length - suffix, CONTROL_SOCKET_SUFFIX) != 0)
		return false;
	file[length - suffix] = '\0';
	return control_name_is_valid(file);
}

static int leftovers_find(struct leftovers *leftovers, int directory_fd)
{
	struct dirent *entry;
	DIR *directory;
	int fd, r = 0;

	fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	directory = fdopendir(fd);
	if (!directory) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(directory)))
		if (cut_name(entry->d_name))
			r = leftovers_add(leftovers, directory_fd, entry->d_name);
	closedir(directory);
	return r;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static void close_if(int *fd, bool over)
{
	if (!over)
		return;
	close(*fd);
	*fd = -1;
}

static size_t count_alive(const struct leftovers *leftovers)
{
	size_t n = 0;

	for (size_t i = 0; i < leftovers->n; i++)
		n += leftovers->all[i].connection >= 0 || leftovers->all[i].pidfd >= 0;
	return n;
}

/* Waits until something ends, for @timeout_ms at most. */
static int wait_for_some(struct leftovers *leftovers, struct pollfd *fds, int timeout_ms)
{
	for (size_t i = 0; i < leftovers->n; i++) {
		fds[2 * i] = (struct pollfd){.fd = leftovers->all[i].connection};
		fds[2 * i + 1] = (struct pollfd){.fd = leftovers->all[i].pidfd, .events = POLLIN};
	}
	if (poll(fds, 2 * leftovers->n, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	for (size_t i = 0; i < leftovers->n; i++) {
		close_if(&leftovers->all[i].connection, fds[2 * i].revents & POLLHUP);
		close_if(&leftovers->all[i].pidfd, fds[2 * i + 1].revents & POLLIN);
	}
	return 0;
}

/* Until all have ended or @deadline. */
static int wait_for_all(struct leftovers *leftovers, struct pollfd *fds, int64_t deadline)
{
	int64_t left;
	int r = 0;

	while (r == 0 && count_alive(leftovers) > 0 && (left = deadline - now_ms()) > 0)
		r = wait_for_some(leftovers, fds, (int)left);
	return r;
}

static void kill_all(const struct leftovers *leftovers)
{
	for (size_t i = 0; i < leftovers->n; i++)
		if (leftovers->all[i].pidfd >= 0)
			syscall(SYS_pidfd_send_signal, leftovers->all[i].pidfd, SIGKILL, NULL, 0);
}

static int wait_and_kill(struct leftovers *leftovers)
{
	_cleanup_free_ struct pollfd *fds = calloc(2 * leftovers->n + 1, sizeof(*fds));
	int64_t start = now_ms();
	int r;

	if (!fds)
		return -ENOMEM;
	r = wait_for_all(leftovers, fds, start + PATIENCE_MS);
	if (r < 0 || count_alive(leftovers) == 0)
		return r;
	kill_all(leftovers);
	r = wait_for_all(leftovers, fds, start + LIMIT_MS);
	if (r < 0)
		return r;
	return count_alive(leftovers) == 0 ? 0 : -ETIMEDOUT;
}

int leftovers_end(struct hosts *hosts)
{
	int directory_fd = ((struct hosts_linux *)hosts)->directory_fd;
	struct leftovers leftovers = {0};
	int r;

	r = leftovers_find(&leftovers, directory_fd);
	if (r == 0)
		r = wait_and_kill(&leftovers);
	for (size_t i = 0; i < leftovers.n; i++)
		if (leftovers.all[i].connection < 0 && leftovers.all[i].pidfd < 0)
			control_socket_remove(directory_fd, leftovers.all[i].name);
	if (r == 0 && leftovers.unreachable)
		r = -ETIMEDOUT;
	leftovers_done(&leftovers);
	return r;
}
