/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/peer-pidfd.h"

static int read_groups(int socket_fd, gid_t **ret, size_t *ret_n)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	/* the first call tells how many there are */
	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	if (size > 0) {
		groups = malloc(size);
		if (!groups)
			return -ENOMEM;
		if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
			return -errno;
	}
	*ret_n = size / sizeof(*groups);
	*ret = take_ptr(groups);
	return 0;
}

int peer_init(struct peer *peer, int socket_fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	struct user user;
	int r;

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return -errno;
	user.uid = credentials.uid;
	user.gid = credentials.gid;
	r = read_groups(socket_fd, &user.groups, &user.n_groups);
	if (r < 0)
		return r;
	*peer = (struct peer){.user = user, .pid = credentials.pid};
	if (peer->pid != 0)
		peer->pidfd = peer_pidfd(socket_fd);
	return 0;
}
