/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring.c - creates and opens rings, and owns their regions and leases */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iourd/prog/chase.h"
#include "lib/adoption.h"
#include "lib/connection.h"
#include "lib/ring.h"
#include "wire/json.h"
#include "wire/manager.h"

int ring_new(struct iouctl *c, const char *name, int region_fd, int lease_fd,
	     struct iouctl_ring **ret)
{
	struct iouctl_ring *ring = calloc(1, sizeof(*ring));
	const char *reason = NULL;
	int r;

	if (!ring)
		return failure_set(&c->failure, -ENOMEM, "not enough memory for ring %s", name);
	ring->connection = c;
	ring->lease_fd = -1;
	r = region_map(region_fd, &ring->region, &reason);
	if (r < 0) {
		failure_set(&c->failure, r, "cannot use the region of ring %s: %s", name,
			    reason ? reason : strerror(-r));
		goto fail;
	}
	ring->name = strdup(name);
	r = ring->name ? 0 : -ENOMEM;
	if (r == 0 && ring->region.identity.params_size == sizeof(struct chase_params)) {
		ring->tickets = chase_tickets_new();
		r = ring->tickets ? 0 : -ENOMEM;
	}
	if (r == 0 && lease_fd >= 0) {
		ring->lease_fd = fcntl(lease_fd, F_DUPFD_CLOEXEC, 3);
		r = ring->lease_fd < 0 ? -errno : 0;
	}
	if (r < 0) {
		failure_set(&c->failure, r, "cannot set up ring %s: %s", name, strerror(-r));
		goto fail;
	}
	*ret = ring;
	return 0;
fail:
	iouctl_ring_free(ring);
	return r;
}

/* The size in 0.1: applications built for that version have none of the later members. */
#define OPTIONS_SIZE_MIN offsetof(struct iouctl_ring_options, persistent)

static int copy_options(struct iouctl *c, const struct iouctl_ring_options *options,
			struct iouctl_ring_options *ret)
{
	if (options->size < OPTIONS_SIZE_MIN || options->size > sizeof(*ret))
		return failure_set(
			&c->failure, -EINVAL,
			"ring options of %zu bytes: this library expects %zu to %zu bytes",
			options->size, OPTIONS_SIZE_MIN, sizeof(*ret));
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, options, options->size);
	return 0;
}

static int check_options(struct iouctl *c, const struct iouctl_ring_options *options)
{
	if (!options->program)
		return failure_set(&c->failure, -EINVAL, "ring options without a program");
	if (options->n_files > 0 && !options->files)
		return failure_set(&c->failure, -EINVAL,
				   "ring options with %zu files, but no array of files",
				   options->n_files);
	if (options->n_files > MANAGER_FDS_MAX)
		return failure_set(&c->failure, -EMSGSIZE,
				   "ring options with %zu files: a message carries at most %d",
				   options->n_files, MANAGER_FDS_MAX);
	if (options->data_bytes > INT64_MAX)
		return failure_set(&c->failure, -EINVAL, "a data area of %llu bytes is too large",
				   (unsigned long long)options->data_bytes);
	return 0;
}

int ring_options(struct iouctl *c, const struct iouctl_ring_options *given,
		 struct iouctl_ring_options *ret)
{
	int r = copy_options(c, given, ret);

	return r == 0 ? check_options(c, ret) : r;
}

int iouctl_ring_create(struct iouctl *c, const struct iouctl_ring_options *given,
		       struct iouctl_ring **ret)
{
	struct iouctl_ring_options copy, *options = &copy;
	struct wire_file files[MANAGER_FDS_MAX];
	_cleanup_(reply_done) struct reply reply = {};
	_cleanup_json_ struct json_object *parameters = NULL;
	struct ring_reply out;
	struct in_create_ring in = {};
	size_t i;
	int r;

	r = ring_options(c, given, &copy);
	if (r < 0)
		return r;
	if (options->parameters) {
		r = connection_parse(c, "parameters", options->parameters, &parameters);
		if (r < 0)
			return r;
	}
	for (i = 0; i < options->n_files; i++) {
		files[i].slot = options->files[i].slot;
		files[i].fd = options->files[i].fd;
	}
	in.program = options->program;
	in.name = options->name;
	in.files = (struct schema_array){files, options->n_files};
	in.parameters = parameters;
	in.data_bytes.set = options->data_bytes > 0;
	in.data_bytes.value = (int64_t)options->data_bytes;
	in.persistent = options->persistent != 0;
	in.rollback = options->rollback != 0;
	r = connection_request(c, "CreateRing", &in, &reply_created_type, &out, &reply);
	if (r < 0)
		return r;
	if (!in.persistent && out.lease_fd < 0)
		return failure_set(&c->failure, -EPROTO, "CreateRing: the reply has no lease");
	return ring_new(c, out.ring.name, out.region_fd, out.lease_fd, ret);
}

int iouctl_ring_open(struct iouctl *c, const char *name, struct iouctl_ring **ret)
{
	_cleanup_(reply_done) struct reply reply = {};
	const struct in_ring in = {.ring = name};
	struct ring_reply out;
	int r;

	if (!name)
		return failure_set(&c->failure, -EINVAL, "no name of a ring to open");
	r = connection_request(c, "OpenRing", &in, &reply_opened_type, &out, &reply);
	if (r < 0)
		return r;
	return ring_new(c, out.ring.name, out.region_fd, -1, ret);
}

struct iouctl_ring *iouctl_ring_free(struct iouctl_ring *ring)
{
	if (!ring)
		return NULL;
	adoption_free(ring->adoption);
	if (ring->lease_fd >= 0)
		close(ring->lease_fd);
	region_unmap(&ring->region);
	chase_tickets_free(ring->tickets);
	free(ring->name);
	free(ring);
	return NULL;
}

const char *iouctl_ring_name(const struct iouctl_ring *ring)
{
	return ring->name;
}
