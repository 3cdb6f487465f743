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
		return problem(
			ret_problem, -EINVAL,
			"systemd passed %d sockets, but one is expected: iouringd.socket may "
			"have one ListenStream= only",
			n);
	if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
		return problem(ret_problem, -EINVAL,
			       "what systemd passed is no listening Unix stream socket: look at "
			       "ListenStream= in iouringd.socket");
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return problem(ret_problem, -errno, "systemd's socket cannot be used: %s",
			       strerror(errno));
	listening->fd = fd;
	listening->path = NULL;
	return 0;
}

/* Somebody listens on @path: says who. */
static int taken(int fd, const char *path, char **ret_problem)
{
	struct ucred owner;
	socklen_t size = sizeof(owner);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size) < 0 || owner.pid <= 0)
		return problem(ret_problem, -EADDRINUSE, "%s is served by another process", path);
	if (owner.pid == 1)
		return problem(ret_problem, -EADDRINUSE,
			       "systemd listens on %s for iouringd: start it with systemctl start "
			       "iouringd.service, or choose another path with --socket",
			       path);
	return problem(ret_problem, -EADDRINUSE,
		       "another iouringd (pid %d) serves %s: stop it, or choose another path with "
		       "--socket",
		       owner.pid, path);
}

/* There is something at the address: removes it if it is a socket without a listener. */
static int remove_stale(const struct sockaddr_un *address, char **ret_problem)
{
	const char *path = address->sun_path;
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (lstat(path, &status) < 0)
		return problem(ret_problem, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return problem(
			ret_problem, -EEXIST,
			"%s is there and is no socket: remove it, or choose another path with "
			"--socket",
			path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return problem(ret_problem, -errno, "a socket cannot be made: %s", strerror(errno));
	/* EAGAIN: somebody listens, and has many clients waiting */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return taken(fd, path, ret_problem);
	if (errno != ECONNREFUSED)
		return problem(ret_problem, -EADDRINUSE, "%s is in use: %s", path, strerror(errno));
	if (unlink(path) < 0)
		return problem(ret_problem, -errno,
			       "%s, left by another process, cannot be removed: %s", path,
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
		return problem(ret_problem, -ENAMETOOLONG,
			       "%s is too long for a socket: at most %zu bytes", path,
			       sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return problem(ret_problem, -errno, "a socket cannot be made: %s", strerror(errno));
	r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	if (r == -EADDRINUSE) {
		r = remove_stale(&address, ret_problem);
		if (r < 0)
			return r;
		r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	}
	if (r < 0)
		return problem(ret_problem, r,
			       "%s cannot be made: %s; does its directory exist, and may this "
			       "process write there?",
			       path, strerror(-r));
	/* everybody may connect: what they may do is decided call by call */
	if (chmod(path, 0666) < 0 || listen(fd, SOMAXCONN) < 0) {
		r = -errno;
		unlink(path);
		return problem(ret_problem, r, "%s cannot be served: %s", path, strerror(-r));
	}
	listening->fd = take_fd(&fd);
	listening->path = take_ptr(copy);
	return 0;
}

int listen_socket_init(struct listen_socket *listening, const char *path, char **ret_problem)
{
	int n;

	*ret_problem = NULL;
	n = sd_listen_fds(1); /* unset: what we start later is not meant */
	if (n < 0)
		return problem(ret_problem, n, "systemd's sockets cannot be taken: %s",
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
