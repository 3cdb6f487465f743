/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"

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

int identity_init(struct identity *identity, int socket_fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	gid_t *groups = NULL;
	size_t n_groups = 0;
	int r;

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return -errno;
	r = read_groups(socket_fd, &groups, &n_groups);
	if (r < 0)
		return r;
	identity->uid = credentials.uid;
	identity->gid = credentials.gid;
	identity->pid = credentials.pid;
	identity->groups = groups;
	identity->n_groups = n_groups;
	return 0;
}

void identity_done(struct identity *identity)
{
	free(identity->groups);
	memset(identity, 0, sizeof(*identity));
}
