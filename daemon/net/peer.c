/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/peer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/peer-pidfd.h"
#include "util/cgroup.h"

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

/* A process that has exited may have been another one's number when its group was read. */
static char *read_cgroup(const struct peer *peer)
{
	struct pollfd process = {.fd = peer->pidfd, .events = POLLIN};
	char path[PATH_MAX];

	if (peer->pidfd < 0 || cgroup_read(peer->pid, sizeof(path), path) < 0)
		return NULL;
	return poll(&process, 1, 0) == 0 ? strdup(path) : NULL;
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
	*peer = (struct peer){.user = user, .pid = credentials.pid, .payer = user.uid};
	if (peer->pid != 0)
		peer->pidfd = peer_pidfd(socket_fd);
	if (peer->pid != 0)
		peer->cgroup = read_cgroup(peer);
	return 0;
}
