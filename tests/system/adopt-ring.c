/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt-ring.c - an application that makes a ring itself and runs it until the ring ends
 *
 * usage: adopt-ring NAME PROGRAM
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iouctl.h"

int main(int argc, char *argv[])
{
	struct iouctl_ring_options options = {.size = sizeof(options)};
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: adopt-ring NAME PROGRAM\n");
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
	while ((r = iouctl_ring_run(ring)) == -EINTR)
		;
	iouctl_ring_free(ring);
	iouctl_free(c);
	printf("%s\n", strerror(-r));
	return r == -EOWNERDEAD ? 0 : 1;
}
