/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt-ring.c - an application that makes a ring itself and runs it until the ring ends
 *
 * usage: adopt-ring NAME PROGRAM [BACKLOG]
 *
 * With BACKLOG it calls listen() on its lease again, so that later daemons may find no place there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "iouctl.h"

#define DESCRIPTORS 64

static int set_backlog(int backlog)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		int listens = 0;
		socklen_t size = sizeof(listens);

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens)
			return listen(fd, backlog) < 0 ? -errno : 0;
	}
	return -ENOTSOCK;
}

int main(int argc, char *argv[])
{
	struct iouctl_ring_options options = {.size = sizeof(options)};
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	int r;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: adopt-ring NAME PROGRAM [BACKLOG]\n");
		return 2;
	}
	options.name = argv[1];
	options.program = argv[2];
	r = iouctl_connect(NULL, &c);
	if (r == 0)
		r = iouctl_ring_adopt(c, &options, &ring);
	if (r < 0) {
		fprintf(stderr, "adopt-ring: %s\n", c ? iouctl_error_message(c) : strerror(-r));
		return 1;
	}
	if (argc == 4 && (r = set_backlog(atoi(argv[3]))) < 0) {
		fprintf(stderr, "adopt-ring: no lease: %s\n", strerror(-r));
		return 1;
	}
	while ((r = iouctl_ring_run(ring)) == -EINTR)
		;
	iouctl_ring_free(ring);
	iouctl_free(c);
	printf("%s\n", strerror(-r));
	return r == -EOWNERDEAD ? 0 : 1;
}
