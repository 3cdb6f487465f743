/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * orphans.c - finds hosts of an earlier daemon by their sockets, and ends those whose rings are not
 * kept
 *
 * An orphan receives END, then SIGKILL if it has not exited. The daemon waits for its exit, because
 * the ring must be gone before its pins are removed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/control-socket.h"
#include "host/hosts-linux.h"
#include "host/message.h"
#include "util/clock.h"

#define PATIENCE_MS 1000 /* until SIGKILL */
#define LIMIT_MS    2000 /* of the whole wait */

void orphan_close(struct orphan *orphan)
{
	if (orphan->connection >= 0)
		close(orphan->connection);
	if (orphan->pidfd >= 0)
		close(orphan->pidfd);
	orphan->connection = orphan->pidfd = -1;
}

void orphans_done(struct hosts_linux *hosts)
{
	for (size_t i = 0; i < hosts->n_orphans; i++)
		orphan_close(&hosts->orphans[i]);
	free(hosts->orphans);
	hosts->orphans = NULL;
	hosts->n_orphans = 0;
}

struct orphan *orphan_search(struct hosts_linux *hosts, const char *name)
{
	for (size_t i = 0; i < hosts->n_orphans; i++)
		if (strcmp(hosts->orphans[i].name, name) == 0)
			return &hosts->orphans[i];
	return NULL;
}

/* ---- finding them ---- */

static int orphans_add(struct hosts_linux *hosts, const char *name, bool adopted)
{
	struct orphan orphan = {
		.adopted = adopted, .connection = -1, .pidfd = -1, .uid = (uid_t)-1};
	struct orphan *orphans;
	int r;

	orphans = reallocarray(hosts->orphans, hosts->n_orphans + 1, sizeof(*orphans));
	if (!orphans)
		return -ENOMEM;
	hosts->orphans = orphans;
	strcpy(orphan.name, name);
	r = control_socket_connect(hosts->directory_fd, name,
				   adopted ? CONTROL_ADOPTED_SUFFIX : CONTROL_SOCKET_SUFFIX,
				   &orphan.connection);
	orphan.alive = r == 0 || r == -EAGAIN;
	if (r == 0)
		control_socket_peer(orphan.connection, &orphan.uid, &orphan.pid, &orphan.pidfd);
	else if (r != -ECONNREFUSED && r != -EAGAIN)
		return r;
	orphans[hosts->n_orphans++] = orphan;
	return 0;
}

/* Cuts "NAME.socket" to NAME, in place. false: another file. */
static bool cut_name(char *file, const char *suffix)
{
	size_t length = strlen(file), n = strlen(suffix);

	if (length <= n || strcmp(file + length - n, suffix) != 0)
		return false;
	file[length - n] = '\0';
	return control_name_is_valid(file);
}

static int read_directory(struct hosts_linux *hosts)
{
	struct dirent *entry;
	DIR *directory;
	int fd, r = 0;

	fd = openat(hosts->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	directory = fdopendir(fd);
	if (!directory) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(directory)))
		if (cut_name(entry->d_name, CONTROL_SOCKET_SUFFIX))
			r = orphans_add(hosts, entry->d_name, false);
		else if (cut_name(entry->d_name, CONTROL_ADOPTED_SUFFIX))
			r = orphans_add(hosts, entry->d_name, true);
	closedir(directory);
	return r;
}

int orphans_find(struct hosts *port, struct host_found **ret, size_t *ret_n)
{
	struct hosts_linux *hosts = (struct hosts_linux *)port;
	struct host_found *found;
	int r;

	orphans_done(hosts);
	r = read_directory(hosts);
	if (r < 0)
		return r;
	found = calloc(hosts->n_orphans + 1, sizeof(*found));
	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < hosts->n_orphans; i++) {
		const struct orphan *orphan = &hosts->orphans[i];

		strcpy(found[i].name, orphan->name);
		found[i].adopted = orphan->adopted;
		found[i].alive = orphan->alive;
		found[i].uid = orphan->uid;
		found[i].pid = orphan->pid;
	}
	*ret = found;
	*ret_n = hosts->n_orphans;
	return 0;
}

/* ---- ending them ---- */

/* Connection and pidfd, as far as it has them, have both reported the exit. */
static bool is_over(const struct orphan *orphan)
{
	return orphan->connection < 0 && orphan->pidfd < 0;
}

static void close_if(int *fd, bool over)
{
	if (!over)
		return;
	close(*fd);
	*fd = -1;
}

static size_t count_alive(struct orphan *const *orphans, size_t n)
{
	size_t alive = 0;

	for (size_t i = 0; i < n; i++)
		alive += !is_over(orphans[i]);
	return alive;
}

/* Waits until something ends, for @timeout_ms at most. */
static int wait_for_some(struct orphan *const *orphans, size_t n, struct pollfd *fds,
			 int timeout_ms)
{
	for (size_t i = 0; i < n; i++) {
		fds[2 * i] = (struct pollfd){.fd = orphans[i]->connection};
		fds[2 * i + 1] = (struct pollfd){.fd = orphans[i]->pidfd, .events = POLLIN};
	}
	if (poll(fds, 2 * n, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	for (size_t i = 0; i < n; i++) {
		close_if(&orphans[i]->connection, fds[2 * i].revents & POLLHUP);
		close_if(&orphans[i]->pidfd, fds[2 * i + 1].revents & POLLIN);
	}
	return 0;
}

/* Waits until all have ended, or until @deadline. */
static int wait_for_all(struct orphan *const *orphans, size_t n, struct pollfd *fds,
			int64_t deadline)
{
	int64_t remaining_ms;
	int r = 0;

	while (r == 0 && count_alive(orphans, n) > 0 && (remaining_ms = deadline - clock_ms()) > 0)
		r = wait_for_some(orphans, n, fds, (int)remaining_ms);
	return r;
}

static void kill_all(struct orphan *const *orphans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (orphans[i]->pidfd >= 0)
			syscall(SYS_pidfd_send_signal, orphans[i]->pidfd, SIGKILL, NULL, 0);
}

static int wait_and_kill(struct orphan *const *orphans, size_t n)
{
	_cleanup_free_ struct pollfd *fds = calloc(2 * n + 1, sizeof(*fds));
	int64_t start = clock_ms();
	int r;

	if (!fds)
		return -ENOMEM;
	r = wait_for_all(orphans, n, fds, start + PATIENCE_MS);
	if (r < 0 || count_alive(orphans, n) == 0)
		return r;
	kill_all(orphans, n);
	return wait_for_all(orphans, n, fds, start + LIMIT_MS);
}

int orphans_end(struct hosts *port, const char *const *names, size_t n_names)
{
	const struct control_head end = control_command(CONTROL_END);
	struct hosts_linux *hosts = (struct hosts_linux *)port;
	_cleanup_free_ struct orphan **orphans = calloc(n_names + 1, sizeof(*orphans));
	bool unreachable = false;
	size_t n = 0;
	int r;

	if (!orphans)
		return -ENOMEM;
	for (size_t i = 0; i < n_names; i++) {
		struct orphan *orphan = orphan_search(hosts, names[i]);

		if (!orphan || orphan->adopted)
			continue;
		if (orphan->connection >= 0) /* if sending fails, it is exiting */
			control_send(orphan->connection, &end, sizeof(end), NULL, 0);
		else if (orphan->alive)
			unreachable = true;
		if (orphan->connection >= 0)
			orphans[n++] = orphan;
	}
	r = wait_and_kill(orphans, n);
	if (r == 0 && (unreachable || count_alive(orphans, n) > 0))
		r = -ETIMEDOUT;
	return r;
}

void orphan_remove_socket(struct hosts *port, const char *name)
{
	int directory_fd = ((struct hosts_linux *)port)->directory_fd;

	control_socket_remove(directory_fd, name, CONTROL_SOCKET_SUFFIX);
	control_socket_remove(directory_fd, name, CONTROL_ADOPTED_SUFFIX);
}
