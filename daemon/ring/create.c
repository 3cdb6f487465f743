/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ring/adopt.h"
#include "ring/context.h"
#include "ring/create.h"
#include "ring/files.h"
#include "ring/params.h"
#include "ring/reasons.h"
#include "ring/ring.h"
#include "ring/wanted.h"
#include "wire/cleanup.h"

/* Registering a region touches each of its pages: a gigabyte takes a slow machine a while. */
#define CREATE_PATIENCE_MS 60000
#define ADOPT_PATIENCE_MS  10000 /* for its application, once it is prepared */

/* Owned by its ring, until the request is answered. */
struct create {
	struct ring *ring;
	struct wanted wanted;
	struct program_waiter waiter;
	int lease[2]; /* the client's end, the host's */
	bool loaded;  /* the program */
	bool made;    /* the dispatcher */
	bool prepared; /* of a ring to be adopted: its application was told */
	int ring_fd;  /* in the host, once that is ready; else -1 */
	int result;   /* of what failed first */
	struct note note;
};

enum { LEASE_CLIENT, LEASE_HOST };

void create_free(struct create *create)
{
	if (!create)
		return;
	wanted_done(&create->wanted);
	for (int i = 0; i < 2; i++)
		if (create->lease[i] >= 0)
			close(create->lease[i]);
	note_done(&create->note);
	free(create);
}

int create_lease(const struct create *create)
{
	return create->lease[LEASE_CLIENT];
}

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

void create_fail(struct ring *ring, int r, struct note *note)
{
	struct create *create = ring->create;

	if (ring->phase != PHASE_CREATING) {
		if (note)
			note_done(note);
		return;
	}
	create->result = r;
	if (note)
		note_move(&create->note, note);
	if (!ring->reason && r < 0)
		ring_explain(ring, "%s", strerror(-r));
	if (!ring->error && r < 0)
		ring->error = -r;
	ring_input(ring, INPUT_BROKEN);
}

/* ---- the three branches ---- */

static void attached(void *arg, int r)
{
	struct ring *ring = arg;
	const struct kern_ops *ops = ring->manager->kern->ops;

	ring->kernel_id = ops->program_kernel_id(ring->program->kern_program);

	if (ring->phase == PHASE_ENDING)
		ring_end_continue(ring);
	else if (r != 0 && ring->adopted)
		adopt_refuse(ring, r);
	else if (r != 0)
		create_fail(ring, r < 0 ? r : -EOPNOTSUPP, NULL);
	else
		ring_input(ring, INPUT_ATTACHED);
}

/* Its application is to go on. */
static void prepared(struct ring *ring)
{
	struct create *create = ring->create;
	struct clock_port *clock = ring->manager->clock;

	create->prepared = true;
	dispatch_pause(&ring->dispatch, true); /* until StartRing */
	clock->start(clock, &ring->timer, ADOPT_PATIENCE_MS);
	ring_answer(ring, &ring->request, 0, NULL);
	safe_close(create->lease[LEASE_CLIENT]);
	create->lease[LEASE_CLIENT] = -1;
}

static void attach_if_ready(struct ring *ring)
{
	struct create *create = ring->create;

	if (!create->loaded || !create->made)
		return;
	if (ring->adopted && !create->prepared)
		prepared(ring);
	if (create->ring_fd < 0)
		return;
	dispatch_attach(&ring->dispatch, ring->program->kern_program,
			ring->manager->hosts->ops->pidfd(ring->host), create->ring_fd, attached,
			ring);
}

static void dispatcher_made(void *arg, int r)
{
	struct ring *ring = arg;
	struct note note = {};

	if (ring->phase == PHASE_ENDING) {
		ring_end_continue(ring);
	} else if (r == -EEXIST) {
		r = fault_ring_busy(&note, ring->name, RING_NAME_FOREIGN);
		create_fail(ring, r, &note);
	} else if (r != 0) {
		create_fail(ring, r < 0 ? r : -EOPNOTSUPP, NULL);
	} else {
		ring->create->made = true;
		attach_if_ready(ring);
	}
}

static void program_loaded(struct program_waiter *waiter, int r, const struct note *note)
{
	struct create *create = (struct create *)((char *)waiter - offsetof(struct create, waiter));
	struct note copy = {};

	if (r > 0)
		r = program_note_copy(note, &copy);
	if (r != 0) {
		create_fail(create->ring, r, &copy);
		return;
	}
	create->loaded = true;
	attach_if_ready(create->ring);
}

bool create_awaits_adoption(const struct ring *ring)
{
	return ring->create && ring->create->prepared && ring->create->ring_fd < 0;
}

void create_host_ready(struct ring *ring, int ring_fd)
{
	ring->create->ring_fd = ring->ring_fd = ring_fd;
	attach_if_ready(ring);
}

/* Pages that a ring pins are the user's locked memory: the host's limit of that was too small. */
static int fault_locked_memory(struct note *note)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -ENOMEM;
	return fault_quota_exceeded(note, "lockedMemory", limit.rlim_cur);
}

void create_host_refused(struct ring *ring, enum control_stage stage, int error)
{
	struct note note = {};
	int r = -error;

	reason_refused(ring, control_stage_text(stage), error);
	if (error == ENOMEM &&
	    (stage == STAGE_RING || stage == STAGE_REGION || stage == STAGE_BUFFERS))
		r = fault_locked_memory(&note);
	create_fail(ring, r, &note);
}

void create_timeout(struct ring *ring)
{
	if (ring->create->prepared)
		ring_explain(ring, "its application did not have it adopted in %d s",
			     ADOPT_PATIENCE_MS / 1000);
	else
		ring_explain(ring, "its host was not ready in %d s", CREATE_PATIENCE_MS / 1000);
	create_fail(ring, -ETIMEDOUT, NULL);
}

/* ---- before them: all that can be refused at once ---- */

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
	create->waiter.ready = program_loaded;
	create->loaded = !program_await_loaded(ring->program, &create->waiter);
	dispatch_make(&ring->dispatch, dispatcher_made, ring);
	return 0;
}

/* For a request that had to wait until its program was open. */
static void program_opened(struct program_waiter *waiter, int r, const struct note *why)
{
	struct create *create = (struct create *)((char *)waiter - offsetof(struct create, waiter));
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
	return fault_not_permitted(note, who == WHO_ROOT
						 ? "persistent rings are for root only, as "
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

/* ---- its end ---- */

void create_finish(struct ring *ring)
{
	struct create *create = ring->create;
	struct clock_port *clock = ring->manager->clock;
	struct ring_reply reply = ring->request;
	struct ring_view view;

	clock->cancel(clock, &ring->timer);
	ring_view_fill(ring, &view);
	ring->request = (struct ring_reply){};
	ring->create = NULL;
	reply.done(reply.arg, 0, NULL, &view);
	create_free(create);
}

void create_abandon(struct ring *ring)
{
	program_forget(ring->program, &ring->create->waiter);
}

int create_result(struct ring *ring, struct note *ret_note)
{
	struct create *create = ring->create;

	if (create->result < 0)
		return create->result;
	if (create->result > 0)
		note_move(ret_note, &create->note);
	else
		create->result = fault_ring_busy(ret_note, ring->name,
						 ring->reason ? ring->reason : "it ended");
	return create->result;
}
