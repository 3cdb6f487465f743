/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "os/problem.h"
#include "common/cleanup.h"

static int passed_socket(struct listen_socket *listening, int n, char **ret_problem)
{
	int fd = SD_LISTEN_FDS_START;

	if (n != 1)
		return set_problem(
			ret_problem, -EINVAL,
			"systemd passed %d sockets, expected one: keep only one ListenStream= "
			"in iouringd.socket",
			n);
	if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
		return set_problem(
			ret_problem, -EINVAL,
			"the socket passed by systemd is not a listening Unix stream socket: "
			"correct ListenStream= in iouringd.socket");
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return set_problem(ret_problem, -errno, "cannot use systemd's socket: %s",
				   strerror(errno));
	listening->fd = fd;
	listening->path = NULL;
	return 0;
}

/* A process listens on @path: the text names it. */
static int taken(int fd, const char *path, char **ret_problem)
{
	struct ucred owner;
	socklen_t size = sizeof(owner);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size) < 0 || owner.pid <= 0)
		return set_problem(ret_problem, -EADDRINUSE, "%s is served by another process",
				   path);
	if (owner.pid == 1)
		return set_problem(
			ret_problem, -EADDRINUSE,
			"systemd listens on %s for iouringd: start it with systemctl start "
			"iouringd.service, or choose another path with --socket",
			path);
	return set_problem(
		ret_problem, -EADDRINUSE,
		"another iouringd (pid %d) serves %s: stop it, or choose another path with "
		"--socket",
		owner.pid, path);
}

/* The path exists: removes it if it is a socket that no process listens on. */
static int remove_stale(const struct sockaddr_un *address, char **ret_problem)
{
	const char *path = address->sun_path;
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (lstat(path, &status) < 0)
		return set_problem(ret_problem, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return set_problem(
			ret_problem, -EEXIST,
			"%s exists and is not a socket: remove it, or choose another path with "
			"--socket",
			path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return set_problem(ret_problem, -errno, "cannot create a socket: %s",
				   strerror(errno));
	/* EAGAIN: a process listens, and many clients wait */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return taken(fd, path, ret_problem);
	if (errno != ECONNREFUSED)
		return set_problem(ret_problem, -EADDRINUSE, "%s is in use: %s", path,
				   strerror(errno));
	if (unlink(path) < 0)
		return set_problem(ret_problem, -errno,
				   "cannot remove %s, which another process left: %s", path,
				   strerror(errno));
	return 0;
}

static int own_socket(struct listen_socket *listening, const char *path, char **ret_problem)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *copy = strdup(path);
	int r;

	if (!copy)
		return -ENOMEM;
	if (strlen(path) >= sizeof(address.sun_path))
		return set_problem(
			ret_problem, -ENAMETOOLONG,
			"%s is too long for the path of a socket, expected at most %zu bytes", path,
			sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return set_problem(ret_problem, -errno, "cannot create a socket: %s",
				   strerror(errno));
	r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	if (r == -EADDRINUSE) {
		r = remove_stale(&address, ret_problem);
		if (r < 0)
			return r;
		r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	}
	if (r < 0)
		return set_problem(
			ret_problem, r,
			"cannot create %s: %s; check that its directory exists and that this "
			"process may write there",
			path, strerror(-r));
	/* all users may connect; permissions are checked for each call */
	if (chmod(path, 0666) < 0 || listen(fd, SOMAXCONN) < 0) {
		r = -errno;
		unlink(path);
		return set_problem(ret_problem, r, "cannot listen on %s: %s", path, strerror(-r));
	}
	listening->fd = take_fd(&fd);
	listening->path = take_ptr(copy);
	return 0;
}

int listen_socket_init(struct listen_socket *listening, const char *path, char **ret_problem)
{
	int n;

	*ret_problem = NULL;
	n = sd_listen_fds(1); /* unset: not for the processes that we start */
	if (n < 0)
		return set_problem(ret_problem, n, "cannot take systemd's sockets: %s",
				   strerror(-n));
	if (n > 0)
		return passed_socket(listening, n, ret_problem);
	return own_socket(listening, path, ret_problem);
}

void listen_socket_done(struct listen_socket *listening)
{
	if (listening->path)
		unlink(listening->path);
	free(listening->path);
	listening->path = NULL;
	listening->fd = safe_close(listening->fd);
}
