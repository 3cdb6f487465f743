/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring/wanted.h"
#include "wire/json.h"

void wanted_done(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->n_files; i++) {
		if (wanted->files[i].fd >= 0)
			close(wanted->files[i].fd);
		free((char *)wanted->files[i].slot);
	}
	free(wanted->files);
	free(wanted->groups);
	json_put(wanted->parameters);
	*wanted = (struct wanted){};
}

static int copy_files(struct wanted *wanted, const struct ring_request *request)
{
	wanted->files = calloc(request->n_files + 1, sizeof(*wanted->files));
	if (!wanted->files)
		return -ENOMEM;
	for (size_t i = 0; i < request->n_files; i++) {
		struct ring_file *file = &wanted->files[wanted->n_files++];

		file->fd = fcntl(request->files[i].fd, F_DUPFD_CLOEXEC, 3);
		if (file->fd < 0)
			return -errno;
		file->slot = strdup(request->files[i].slot);
		if (!file->slot)
			return -ENOMEM;
	}
	return 0;
}

int wanted_init(struct wanted *wanted, const struct peer *peer, const struct ring_request *request)
{
	struct wanted copy = {
		.gid = peer->gid,
		.data_bytes_set = request->data_bytes_set,
		.data_bytes = request->data_bytes,
	};
	int r;

	copy.groups = calloc(peer->n_groups + 1, sizeof(*copy.groups));
	if (!copy.groups)
		return -ENOMEM;
	if (peer->n_groups > 0)
		memcpy(copy.groups, peer->groups, peer->n_groups * sizeof(*copy.groups));
	copy.n_groups = peer->n_groups;
	r = copy_files(&copy, request);
	if (r == 0 && request->parameters)
		r = json_copy(request->parameters, &copy.parameters);
	if (r < 0) {
		wanted_done(&copy);
		return r;
	}
	*wanted = copy;
	return 0;
}
