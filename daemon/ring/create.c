/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manager/context.h"
#include "ring/create-inside.h"
#include "ring/create.h"
#include "ring/files.h"
#include "ring/params.h"
#include "ring/ring.h"
#include "ring/wanted.h"
#include "common/cleanup.h"
#include "common/container-of.h"

static int create_new(struct ring *ring, const struct peer *peer,
		      const struct ring_request *request)
{
	struct create *create = calloc(1, sizeof(*create));
	int r;

	if (!create)
		return -ENOMEM;
	create->ring = ring;
	create->lease[LEASE_CLIENT] = create->lease[LEASE_HOST] = -1;
	create->ring_fd = -1;
	ring->create = create;
	r = wanted_init(&create->wanted, peer, request);
	if (r < 0)
		return r; /* the ring frees it */
	return 0;
}

static int start_host(struct ring *ring, const struct files *files)
{
	const struct iourd_descriptor *descriptor = &ring->made_of;
	const struct create *create = ring->create;
	struct host_setup setup = {
		.name = ring->name,
		.uid = ring->uid,
		.gid = create->wanted.gid,
		.groups = create->wanted.groups,
		.n_groups = create->wanted.n_groups,
		.sq_entries = descriptor->sq_entries,
		.cq_entries = descriptor->cq_entries,
		.region_size = ring->region.size,
		.data_offset = ring->region.data_offset,
		.data_size = ring->region.data_size,
		.opcodes = (const uint64_t *)descriptor->opcodes,
		.n_slots = files->n_slots,
		.region_fd = ring->region.fd,
		.lease_fd = create->lease[LEASE_HOST],
	};

	memcpy(setup.files, files->fds, sizeof(setup.files));
	return ring_start_host(ring, &setup);
}

/* How the next daemon knows the host's end from its other descriptors. */
static int note_lease(struct ring *ring)
{
	struct stat st;

	if (ring->persistent)
		return 0;
	if (fstat(ring->create->lease[LEASE_HOST], &st) < 0)
		return -errno;
	ring->lease_inode = st.st_ino;
	return 0;
}

static int lease_and_start(struct ring *ring, const struct files *files)
{
	int r;

	if (!ring->persistent &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ring->create->lease) < 0)
		return -errno;
	r = note_lease(ring);
	return r < 0 ? r : start_host(ring, files);
}

/* With an open program: 0, then the branches are under way; else nothing is. */
static int create_begin(struct ring *ring, struct note *note)
{
	const struct kern_program_info *info = program_info(ring->program);
	struct manager *manager = ring->manager;
	struct create *create = ring->create;
	_cleanup_free_ void *params = NULL;
	struct region_setup setup;
	struct files files;
	uint64_t data_size;
	int r;

	r = program_usable(ring->program, note);
	if (r != 0)
		return r;
	ring->made_of = info->descriptor;
	memcpy(ring->origin.digest, info->digest, sizeof(ring->origin.digest));
	r = files_fill(&ring->made_of, create->wanted.files, create->wanted.n_files, note, &files);
	if (r != 0)
		return r;
	r = params_make(info, create->wanted.parameters, note, &params);
	if (r != 0)
		return r;
	r = params_data_size(info, params, create->wanted.data_bytes_set, create->wanted.data_bytes,
			     note, &data_size);
	if (r != 0)
		return r;
	r = charge_take(&manager->quota, ring->uid, region_size(info->layout.size, data_size),
			ring->made_of.sq_entries, note, &ring->charge);
	if (r != 0)
		return r;
	setup = (struct region_setup){
		.name = ring->name,
		.params = params,
		.params_size = info->layout.size,
		.data_size = data_size,
		.slots = files.slots,
		.n_slots = files.n_slots,
	};
	r = region_new(&setup, &ring->region);
	if (r < 0)
		return r;
	ring_publish(ring);
	r = ring->adopted ? ring_adopt_host(ring, &create->lease[LEASE_CLIENT])
			  : lease_and_start(ring, &files);
	if (r < 0)
		return r;
	manager->clock->start(manager->clock, &ring->timer, CREATE_PATIENCE_MS);
	create->waiter.ready = create_program_loaded;
	create->loaded = !program_await_loaded(ring->program, &create->waiter);
	dispatch_make(&ring->dispatch, create_dispatcher_made, ring);
	return 0;
}

/* For a request that had to wait until its program was open. */
static void program_opened(struct program_waiter *waiter, int r, const struct note *why)
{
	struct create *create = container_of(waiter, struct create, waiter);
	struct note note = {};

	r = create_begin(create->ring, &note);
	if (r != 0)
		create_fail(create->ring, r, &note);
}

static int check_persistent(const struct manager *manager, const struct peer *peer,
			    const struct ring_request *request, struct note *note)
{
	enum manager_who who = manager->policy.persistent;

	if (!request->persistent || request->declared || who == WHO_ALL ||
	    (who == WHO_ROOT && peer->uid == 0))
		return 0;
	return fault_not_permitted(note, who == WHO_ROOT ? "persistent rings are for root only, as "
							   "persistentRings in iouringd.conf says"
							 : "there are no persistent rings here, as "
							   "persistentRings in iouringd.conf says");
}

int manager_ring_create(struct manager *manager, const struct peer *peer,
			const struct ring_request *request, ring_done done, void *arg,
			struct note *note)
{
	char name[RING_NAME_MAX];
	struct program *program;
	struct ring *ring;
	int r;

	r = manager_usable(manager, note);
	if (r != 0)
		return r;
	r = check_persistent(manager, peer, request, note);
	if (r != 0)
		return r;
	r = catalogue_find(&manager->catalogue, request->program, note, &program);
	if (r != 0)
		return r;
	r = registry_pick_name(&manager->registry, request->name, program->name, note, name);
	if (r != 0)
		return r;
	r = ring_new(manager, name, peer->uid, program, &ring);
	if (r < 0)
		return r;
	ring->gid = peer->gid;
	ring->persistent = request->persistent;
	ring->rollback = request->rollback;
	ring->declared = request->declared != NULL;
	if (request->declared)
		memcpy(ring->declared_digest, request->declared, SHA256_SIZE);
	ring->adopted = request->adopted;
	r = create_new(ring, peer, request);
	if (r == 0) {
		ring->create->waiter.ready = program_opened;
		if (!program_await_open(program, &ring->create->waiter))
			r = create_begin(ring, note);
	}
	if (r != 0) {
		ring_free(ring);
		return r;
	}
	ring->request = (struct ring_reply){.done = done, .arg = arg};
	return 0;
}
