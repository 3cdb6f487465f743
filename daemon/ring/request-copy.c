/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/request-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "util/parcel.h"
#include "wire/json.h"

void request_copy_done(struct request_copy *copy)
{
	for (size_t i = 0; i < copy->n_files; i++) {
		if (!copy->parcel)
			safe_close(copy->files[i].fd);
		free((char *)copy->files[i].slot);
	}
	free(copy->files);
	parcel_free(copy->parcel);
	free(copy->groups);
	if (copy->client_pid != 0)
		safe_close(copy->client_pidfd);
	json_put(copy->parameters);
	*copy = (struct request_copy){};
}

static int copy_files(struct request_copy *copy, const struct ring_request *request)
{
	copy->files = calloc(request->n_files + 1, sizeof(*copy->files));
	if (!copy->files)
		return -ENOMEM;
	for (size_t i = 0; i < request->n_files; i++) {
		struct ring_file *file = &copy->files[copy->n_files++];

		file->fd = copy->parcel ? request->files[i].fd
					: fcntl(request->files[i].fd, F_DUPFD_CLOEXEC, 3);
		if (file->fd < 0)
			return -errno;
		file->slot = strdup(request->files[i].slot);
		if (!file->slot)
			return -ENOMEM;
	}
	return 0;
}

static int copy_client(struct request_copy *copy, const struct peer *peer)
{
	if (peer->pid == 0)
		return 0;
	copy->client_pid = peer->pid;
	copy->client_pidfd = -1;
	if (peer->pidfd >= 0)
		copy->client_pidfd = fcntl(peer->pidfd, F_DUPFD_CLOEXEC, 3);
	return peer->pidfd >= 0 && copy->client_pidfd < 0 ? -errno : 0;
}

int request_copy_init(struct request_copy *copy, const struct peer *peer,
		      const struct ring_request *request)
{
	struct request_copy made = {
		.gid = peer->user.gid,
		.client_pidfd = -1,
		.data_bytes_set = request->data_bytes_set,
		.data_bytes = request->data_bytes,
	};
	int r;

	made.groups = calloc(peer->user.n_groups + 1, sizeof(*made.groups));
	if (!made.groups)
		return -ENOMEM;
	if (peer->user.n_groups > 0)
		memcpy(made.groups, peer->user.groups, peer->user.n_groups * sizeof(*made.groups));
	made.n_groups = peer->user.n_groups;
	r = copy_client(&made, peer);
	if (r == 0 && request->parcel)
		made.parcel = take_ptr(*request->parcel);
	if (r == 0)
		r = copy_files(&made, request);
	if (r == 0 && request->parameters)
		r = json_copy(request->parameters, &made.parameters);
	if (r < 0) {
		request_copy_done(&made);
		return r;
	}
	*copy = made;
	return 0;
}
