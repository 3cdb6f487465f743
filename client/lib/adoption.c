/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/adoption.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/cleanup.h"

struct adoption *adoption_free(struct adoption *adoption)
{
	if (!adoption)
		return NULL;
	safe_close(adoption->ring_fd);
	safe_close(adoption->region_fd);
	safe_close(
		adoption->lease_fd); /* last: closing it tells the daemon that the ring is gone */
	free(adoption);
	return NULL;
}

static int duplicate(int fd, int *ret)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return -errno;
	*ret = copy;
	return 0;
}

int adoption_new(int region_fd, int lease_fd, struct adoption **ret)
{
	struct adoption *adoption = calloc(1, sizeof(*adoption));
	int r;

	if (!adoption)
		return -ENOMEM;
	*adoption = (struct adoption){.ring_fd = -1, .region_fd = -1, .lease_fd = -1};
	r = duplicate(region_fd, &adoption->region_fd);
	if (r == 0)
		r = duplicate(lease_fd, &adoption->lease_fd);
	/* From here on the kernel reports this process as the peer to whoever connects. */
	if (r == 0 && listen(adoption->lease_fd, SOMAXCONN) < 0)
		r = -errno;
	if (r < 0)
		adoption_free(adoption);
	else
		*ret = adoption;
	return r;
}
