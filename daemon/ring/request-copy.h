/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* request-copy.h - a copy of a request for a ring, which outlasts the call */
#ifndef RING_REQUEST_COPY_H
#define RING_REQUEST_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring/types.h"

/* Owns all of it: texts, descriptors, a copy of the parameters. */
struct request_copy {
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	pid_t client_pid; /* 0: the daemon itself */
	int client_pidfd; /* -1: the client is gone, or it is the daemon itself */
	struct ring_file *files;
	size_t n_files;
	struct parcel *parcel;		/* that the files are numbers in; NULL: descriptors */
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
};

int request_copy_init(struct request_copy *copy, const struct peer *peer,
		      const struct ring_request *request);
/* A zeroed one is fine. */
void request_copy_done(struct request_copy *copy);

#endif
