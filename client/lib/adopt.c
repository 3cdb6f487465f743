/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* adopt.c - makes a ring in this process, to which the daemon attaches a loop program */
#include <errno.h>
#include <string.h>

#include "lib/adoption.h"
#include "lib/connection.h"
#include "lib/own-ring.h"
#include "lib/ring.h"
#include "common/cleanup.h"
#include "wire/json.h"
#include "wire/manager.h"

/* Sorts the files by the ring's slots. The daemon has checked their names. */
static uint32_t sort_files(const struct iouctl_ring_options *options,
			   const struct schema_array *slots, int ret[IOURD_SLOTS_MAX])
{
	const char *const *names = slots->items;
	uint32_t n = slots->n < IOURD_SLOTS_MAX ? (uint32_t)slots->n : IOURD_SLOTS_MAX;

	for (uint32_t i = 0; i < n; i++) {
		ret[i] = -1;
		for (size_t j = 0; j < options->n_files; j++)
			if (strcmp(options->files[j].slot, names[i]) == 0)
				ret[i] = options->files[j].fd;
	}
	return n;
}

static int make_ring(struct iouctl_ring *ring, const struct iouctl_ring_options *options,
		     const struct prepared_reply *prepared)
{
	int files[IOURD_SLOTS_MAX];
	const struct own_ring_setup setup = {
		.sq_entries = (uint32_t)prepared->ring.sq_entries,
		.cq_entries = (uint32_t)prepared->ring.cq_entries,
		.region = &ring->region,
		.n_files = sort_files(options, &prepared->slots, files),
		.files = files,
	};
	const char *step;
	int r;

	r = own_ring_make(&setup, &ring->adoption->ring_fd, &step);
	if (r < 0)
		return failure_set(&ring->connection->failure, r,
				   "cannot make ring %s in this process: %s: %s", ring->name, step,
				   strerror(-r));
	return 0;
}

static int call_adopt_ring(struct iouctl_ring *ring)
{
	const struct in_adopt_ring in = {
		.ring = ring->name,
		.ring_fd = ring->adoption->ring_fd,
		.region_fd = ring->adoption->region_fd,
		.region_address = (int64_t)(uintptr_t)ring->region.head,
	};

	return connection_command(ring->connection, "AdoptRing", &in);
}

/* Destroys the prepared ring. Keeps the original failure, not one of DestroyRing. */
static void undo_prepare(struct iouctl *c, const char *name)
{
	struct failure failure = c->failure;
	const struct in_ring in = {.ring = name};

	c->failure = (struct failure){};
	connection_command(c, "DestroyRing", &in);
	failure_done(&c->failure);
	c->failure = failure;
}

static int finish(struct iouctl *c, const struct iouctl_ring_options *options,
		  const struct prepared_reply *prepared, struct iouctl_ring **ret)
{
	struct iouctl_ring *ring;
	int r;

	r = ring_new(c, prepared->ring.name, prepared->region_fd, -1, &ring);
	if (r < 0)
		return r;
	r = adoption_new(prepared->region_fd, prepared->lease_fd, &ring->adoption);
	if (r < 0)
		failure_set(&c->failure, r, "cannot set up ring %s: %s", ring->name, strerror(-r));
	if (r == 0)
		r = make_ring(ring, options, prepared);
	if (r == 0)
		r = call_adopt_ring(ring);
	if (r < 0)
		iouctl_ring_free(ring);
	else
		*ret = ring;
	return r;
}

int iouctl_ring_adopt(struct iouctl *c, const struct iouctl_ring_options *given,
		      struct iouctl_ring **ret)
{
	struct iouctl_ring_options options;
	struct wire_file files[MANAGER_FDS_MAX];
	_cleanup_(reply_done) struct reply reply = {};
	_cleanup_json_ struct json_object *parameters = NULL;
	struct prepared_reply prepared;
	struct in_prepare_ring in = {};
	int r;

	r = ring_options(c, given, &options);
	if (r < 0)
		return r;
	if (options.persistent)
		return failure_set(
			&c->failure, -EINVAL,
			"an adopted ring cannot be persistent, because this process runs it");
	if (options.parameters) {
		r = connection_parse(c, "parameters", options.parameters, &parameters);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < options.n_files; i++)
		files[i] = (struct wire_file){.slot = options.files[i].slot,
					      .fd = options.files[i].fd};
	in.program = options.program;
	in.name = options.name;
	in.files = (struct schema_array){files, options.n_files};
	in.parameters = parameters;
	in.data_bytes.set = options.data_bytes > 0;
	in.data_bytes.value = (int64_t)options.data_bytes;
	in.rollback = options.rollback != 0;
	r = connection_request(c, "PrepareRing", &in, &reply_prepared_type, &prepared, &reply);
	if (r < 0)
		return r;
	r = finish(c, &options, &prepared, ret);
	if (r < 0)
		undo_prepare(c, prepared.ring.name);
	schema_done(&reply_prepared_type, &prepared);
	return r;
}
