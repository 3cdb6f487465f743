/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "common/cleanup.h"
#include "wire/manager.h"

union control {
	char bytes[CMSG_SPACE(MANAGER_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int socket_set_send_timeout(int fd, int timeout_ms)
{
	struct timeval timeout = {}; /* for ever */

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
	r = socket_set_send_timeout(fd, timeout_ms); /* holds for connecting too */
	if (r < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

ssize_t socket_send(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds)
{
	struct iovec vector = {.iov_base = (void *)bytes, .iov_len = n};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	union control control = {};
	struct cmsghdr *header;
	ssize_t sent;

	if (n_fds > MANAGER_FDS_MAX)
		return -EMFILE;
	if (n_fds > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
	}
	sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

/* Takes the descriptors over from @header into @fds, or closes them. */
static int take_fds(const struct cmsghdr *header, struct schema_fds *fds)
{
	size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	const unsigned char *data = CMSG_DATA(header);
	int *grown = reallocarray(fds->fds, fds->n + n, sizeof(int));

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, data + i * sizeof(int), sizeof(int));
		if (grown)
			grown[fds->n + i] = fd;
		else
			safe_close(fd);
	}
	if (!grown)
		return -ENOMEM;
	fds->fds = grown;
	fds->n += n;
	fds->allocated = fds->n;
	return 0;
}

ssize_t socket_receive(int fd, void *bytes, size_t n, struct schema_fds *fds)
{
	struct iovec vector = {.iov_base = bytes, .iov_len = n};
	union control control;
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	int r = 0;

	if (received < 0)
		return -errno;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h))
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && r == 0)
			r = take_fds(h, fds);
	if (message.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	return r < 0 ? r : received;
}

ssize_t socket_peek(int fd, void *bytes, size_t n, bool *ret_fds)
{
	struct iovec vector = {.iov_base = bytes, .iov_len = n};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t seen = recvmsg(fd, &message, MSG_PEEK);

	if (seen < 0)
		return -errno;
	/* there was no room for the descriptors, so the kernel says that it left them out */
	*ret_fds = message.msg_flags & MSG_CTRUNC;
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
