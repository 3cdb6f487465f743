/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wanted.h - a request for a ring, copied: it has to outlast the call if it must wait */
#ifndef RING_WANTED_H
#define RING_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "manager/manager.h"

/* Owns all of it: texts, descriptors, a copy of the parameters. */
struct wanted {
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	struct ring_file *files;
	size_t n_files;
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
};

int wanted_init(struct wanted *wanted, const struct peer *peer, const struct ring_request *request);
/* Fit for a zeroed one. */
void wanted_done(struct wanted *wanted);

#endif
