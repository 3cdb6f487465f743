/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* adopt.c - a ring that this process makes, and the daemon attaches a loop program to */
#include "lib/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/connection.h"
#include "lib/own-ring.h"
#include "lib/ring.h"
#include "common/cleanup.h"
#include "wire/json.h"
#include "wire/manager.h"

struct adoption *adoption_free(struct adoption *adoption)
{
	if (!adoption)
		return NULL;
	safe_close(adoption->ring_fd);
	safe_close(adoption->region_fd);
	safe_close(adoption->lease_fd); /* the last: it tells that the ring is gone */
	free(adoption);
	return NULL;
}

static int keep(int fd, int *ret)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return -errno;
	*ret = copy;
	return 0;
}

static int adoption_new(const struct answer_prepared *prepared, struct adoption **ret)
{
	struct adoption *adoption = calloc(1, sizeof(*adoption));
	int r;

	if (!adoption)
		return -ENOMEM;
	*adoption = (struct adoption){.ring_fd = -1, .region_fd = -1, .lease_fd = -1};
	r = keep(prepared->region_fd, &adoption->region_fd);
	if (r == 0)
		r = keep(prepared->lease_fd, &adoption->lease_fd);
	/* from here on the kernel names this process to whoever connects */
	if (r == 0 && listen(adoption->lease_fd, SOMAXCONN) < 0)
		r = -errno;
	if (r < 0)
		adoption_free(adoption);
	else
		*ret = adoption;
	return r;
}

/* The files in the order of the ring's slots. The daemon has checked their names. */
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
		     const struct answer_prepared *prepared)
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
				   "the ring %s cannot be made in this process: %s: %s", ring->name,
				   step, strerror(-r));
	return 0;
}

static int have_adopted(struct iouctl_ring *ring)
{
	const struct in_adopt_ring in = {
		.ring = ring->name,
		.ring_fd = ring->adoption->ring_fd,
		.region_fd = ring->adoption->region_fd,
		.region_address = (int64_t)(uintptr_t)ring->region.head,
	};

	return connection_tell(ring->connection, "AdoptRing", &in);
}

/* What went wrong is kept: that of the end of it is nobody's. */
static void give_back(struct iouctl *c, const char *name)
{
	struct failure failure = c->failure;
	const struct in_ring in = {.ring = name};

	c->failure = (struct failure){};
	connection_tell(c, "DestroyRing", &in);
	failure_done(&c->failure);
	c->failure = failure;
}

static int go_on(struct iouctl *c, const struct iouctl_ring_options *options,
		 const struct answer_prepared *prepared, struct iouctl_ring **ret)
{
	struct iouctl_ring *ring;
	int r;

	r = ring_new(c, prepared->ring.name, prepared->region_fd, -1, &ring);
	if (r < 0)
		return r;
	r = adoption_new(prepared, &ring->adoption);
	if (r < 0)
		failure_set(&c->failure, r, "the ring %s cannot be kept: %s", ring->name,
			    strerror(-r));
	if (r == 0)
		r = make_ring(ring, options, prepared);
	if (r == 0)
		r = have_adopted(ring);
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
	_cleanup_(answer_done) struct answer answer = {};
	_cleanup_json_ struct json_object *parameters = NULL;
	struct answer_prepared prepared;
	struct in_prepare_ring in = {};
	int r;

	r = ring_options(c, given, &options);
	if (r < 0)
		return r;
	if (options.persistent)
		return failure_set(&c->failure, -EINVAL,
				   "an adopted ring cannot be persistent: this process runs it");
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
	r = connection_ask(c, "PrepareRing", &in, &answer_prepared_type, &prepared, &answer);
	if (r < 0)
		return r;
	r = go_on(c, &options, &prepared, ret);
	if (r < 0)
		give_back(c, prepared.ring.name);
	schema_done(&answer_prepared_type, &prepared);
	return r;
}
