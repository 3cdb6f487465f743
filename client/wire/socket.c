/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fd-passing.h"
#include "wire/manager.h"

_Static_assert(MANAGER_FDS_MAX <= PASSED_FDS_MAX, "one call receives all of a message");

int socket_set_send_timeout(int fd, int timeout_ms)
{
	struct timeval timeout = {}; /* no limit */

	if (timeout_ms >= 0) {
		timeout.tv_sec = timeout_ms / 1000;
		timeout.tv_usec = (timeout_ms % 1000) * 1000;
	}
	if (timeout_ms == 0)
		timeout.tv_usec = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return -errno;
	return 0;
}

int socket_connect_unix(const char *path, int timeout_ms, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	size_t n = strlen(path);
	int r;

	if (n == 0)
		return -EINVAL;
	if (n >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (timeout_ms == 0 ? SOCK_NONBLOCK : 0), 0);
	if (fd < 0)
		return -errno;
	r = socket_set_send_timeout(fd, timeout_ms); /* it also limits connect() */
	if (r < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

ssize_t socket_send(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds)
{
	struct ucred own = {.uid = geteuid()};

	if (own.uid == getuid())
		return send_with_fds(fd, bytes, n, fds, n_fds, 0);
	/* the kernel would take the real user for the sender */
	own.pid = getpid();
	own.gid = getegid();
	return send_with_fds_as(fd, bytes, n, fds, n_fds, 0, &own);
}

ssize_t socket_receive(int fd, void *bytes, size_t n, struct schema_fds *fds)
{
	int passed[MANAGER_FDS_MAX], *grown;
	size_t n_passed = 0;
	ssize_t received = receive_with_fds(fd, bytes, n, passed, MANAGER_FDS_MAX, &n_passed);

	if (received < 0 || n_passed == 0)
		return received;
	grown = reallocarray(fds->fds, fds->n + n_passed, sizeof(*grown));
	if (!grown) {
		for (size_t i = 0; i < n_passed; i++)
			safe_close(passed[i]);
		return -ENOMEM;
	}
	memcpy(grown + fds->n, passed, n_passed * sizeof(*grown));
	fds->fds = grown;
	fds->n += n_passed;
	fds->allocated = fds->n;
	return received;
}

ssize_t socket_peek(int fd, void *bytes, size_t n, bool *ret_fds, uid_t *ret_sender)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec vector = {.iov_base = bytes, .iov_len = n};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	struct ucred sender = {.uid = (uid_t)-1};
	struct cmsghdr *h;
	ssize_t seen;

	if (ret_sender) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	seen = recvmsg(fd, &message, MSG_PEEK);
	if (seen < 0)
		return -errno;
	/* no room remains for descriptors, so the kernel reports any as truncated */
	*ret_fds = message.msg_flags & MSG_CTRUNC;
	h = CMSG_FIRSTHDR(&message);
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_CREDENTIALS)
		memcpy(&sender, CMSG_DATA(h), sizeof(sender));
	if (ret_sender)
		*ret_sender = sender.uid;
	return seen;
}

int socket_wait(int fd, short events, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int r = poll(&poll_fd, 1, timeout_ms);

	if (r < 0)
		return -errno;
	return r == 0 ? -ETIMEDOUT : 0;
}
