/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/fd-passing.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"

/* A socket with SO_PASSCRED receives credentials, too. If none come, descriptors may fill their
 * room. */
#define CREDENTIALS_SPACE CMSG_SPACE(sizeof(struct ucred))
#define RECEIVED_FDS_MAX  (PASSED_FDS_MAX + CREDENTIALS_SPACE / sizeof(int))

union control {
	struct cmsghdr align;
	char bytes[CREDENTIALS_SPACE + CMSG_SPACE(PASSED_FDS_MAX * sizeof(int))];
};

static void add_header(struct msghdr *message, int type, const void *data, size_t size)
{
	struct cmsghdr *h;

	message->msg_controllen += CMSG_SPACE(size);
	h = CMSG_FIRSTHDR(message);
	if (message->msg_controllen > CMSG_SPACE(size))
		h = CMSG_NXTHDR(message, h); /* there are two at most */
	assert(h);			     /* the buffer has room for both */
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = type;
	h->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(h), data, size);
}

ssize_t send_with_fds_as(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds,
			 int flags, const struct ucred *sender)
{
	struct iovec vector = {.iov_base = (void *)bytes, .iov_len = n};
	union control control = {};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control};
	ssize_t sent;

	if (n_fds > PASSED_FDS_MAX)
		return -EMFILE;
	if (sender)
		add_header(&message, SCM_CREDENTIALS, sender, sizeof(*sender));
	if (n_fds > 0)
		add_header(&message, SCM_RIGHTS, fds, n_fds * sizeof(int));
	sent = sendmsg(fd, &message, MSG_NOSIGNAL | flags);
	return sent < 0 ? -errno : sent;
}

ssize_t send_with_fds(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds, int flags)
{
	return send_with_fds_as(fd, bytes, n, fds, n_fds, flags, NULL);
}

/* Copies the descriptors, for which the buffer bounds the number. The kernel sends one such header.
 */
static size_t take_fds(struct msghdr *message, int fds[RECEIVED_FDS_MAX])
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		size_t size = h->cmsg_len - CMSG_LEN(0);

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fds, CMSG_DATA(h), size);
		return size / sizeof(int);
	}
	return 0;
}

ssize_t receive_with_fds(int fd, void *bytes, size_t n, int *ret_fds, size_t max_fds,
			 size_t *ret_n_fds)
{
	struct iovec vector = {.iov_base = bytes, .iov_len = n};
	union control control;
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CREDENTIALS_SPACE +
				  (max_fds > 0 ? CMSG_SPACE(PASSED_FDS_MAX * sizeof(int)) : 0),
	};
	int fds[RECEIVED_FDS_MAX], r = 0;
	size_t n_fds;
	ssize_t received;

	assert(max_fds <= PASSED_FDS_MAX);
	received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	if (received < 0)
		return -errno;
	n_fds = take_fds(&message, fds);
	if (n_fds > max_fds || (message.msg_flags & MSG_CTRUNC))
		r = -EMFILE;
	else if (message.msg_flags & MSG_TRUNC)
		r = -EMSGSIZE;
	if (r < 0) {
		for (size_t i = 0; i < n_fds; i++)
			safe_close(fds[i]);
		return r;
	}
	if (n_fds > 0)
		memcpy(ret_fds, fds, n_fds * sizeof(int));
	*ret_n_fds = n_fds;
	return received;
}
