/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/create.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "ring/context.h"
#include "ring/files.h"
#include "ring/params.h"
#include "ring/request-copy.h"
#include "ring/ring.h"
#include "util/parcel.h"

enum { LEASE_CLIENT, LEASE_HOST };

/* Owned by its ring, until the reply to the request. */
struct creation {
	struct request_copy request;
	int lease[2]; /* -1: none */
};

int creation_new(const struct peer *peer, const struct ring_request *request, struct creation **ret)
{
	struct creation *creation = calloc(1, sizeof(*creation));
	int r;

	if (!creation)
		return -ENOMEM;
	creation->lease[LEASE_CLIENT] = creation->lease[LEASE_HOST] = -1;
	r = request_copy_init(&creation->request, peer, request);
	if (r < 0) {
		free(creation);
		return r;
	}
	*ret = creation;
	return 0;
}

void creation_free(struct creation *creation)
{
	if (!creation)
		return;
	request_copy_done(&creation->request);
	for (int i = 0; i < 2; i++)
		safe_close(creation->lease[i]);
	free(creation);
}

int creation_lease(const struct creation *creation)
{
	return creation->lease[LEASE_CLIENT];
}

void creation_close_lease(struct creation *creation)
{
	safe_close(creation->lease[LEASE_CLIENT]);
	creation->lease[LEASE_CLIENT] = -1;
}

static int start_host(struct ring *ring, const struct files *files,
		      const struct host_callbacks *callbacks, struct note *note)
{
	const struct iourd_descriptor *descriptor = &ring->made_of;
	const struct creation *creation = ring->creation;
	struct hosts *hosts = ring->context->hosts;
	struct host_setup setup = {
		.name = ring->key,
		.uid = ring->uid,
		.gid = creation->request.gid,
		.groups = creation->request.groups,
		.n_groups = creation->request.n_groups,
		.client_pid = creation->request.client_pid,
		.client_pidfd = creation->request.client_pidfd,
		.sq_entries = descriptor->sq_entries,
		.cq_entries = descriptor->cq_entries,
		.region_size = ring->region.size,
		.data_offset = ring->region.data_offset,
		.data_size = ring->region.data_size,
		.opcodes = (const uint64_t *)descriptor->opcodes,
		.n_slots = files->n_slots,
		.parcel = creation->request.parcel,
		.region_fd = ring->region.fd,
		.lease_fd = creation->lease[LEASE_HOST],
	};
	int r;

	memcpy(setup.files, files->fds, sizeof(setup.files));
	r = hosts->ops->start(hosts, &setup, callbacks, ring, &ring->host);
	if (r == -ESRCH)
		return fault_not_permitted(note, "the process that made this connection has "
						 "exited, and its limits with it; connect again");
	if (r == -ESTALE)
		return fault_not_permitted(note, "the process that made this connection has "
						 "changed its user; connect again");
	return r;
}

static int make_lease(struct ring *ring)
{
	int *lease = ring->creation->lease;
	struct stat st;

	if (ring->persistent)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease) < 0)
		return -errno;
	if (fstat(lease[LEASE_HOST], &st) < 0)
		return -errno;
	ring->lease_inode = st.st_ino; /* tells it from the host's other descriptors */
	return 0;
}

/* The host's files. Those of a message go on counting, now as the ring's. */
static int charge_descriptors(struct ring *ring, const struct files *files,
			      const struct policy_client *client, struct note *note)
{
	struct policies *policies = ring->context->policies;
	struct parcel *parcel = ring->creation->request.parcel;
	uint64_t n = 0;
	int r;

	if (ring->adopted) /* they are its application's */
		return 0;
	for (uint32_t i = 0; i < files->n_slots; i++)
		n += files->fds[i] >= 0;
	if (parcel)
		usage_end(&parcel->charge);
	r = usage_begin(&policies->usages, policy_payer(policies->current, ring->uid),
			USAGE_DESCRIPTORS, &ring->descriptors);
	return r < 0 ? r : policy_charge(policies->current, client, n, note, &ring->descriptors);
}

static int charge(struct ring *ring, const struct files *files, uint64_t region_bytes,
		  struct note *note)
{
	const struct policy *policy = ring->context->policies->current;
	const struct policy_client client = {
		.user = &ring->client.user,
		.cgroup = ring->client.cgroup,
	};
	struct quota_claim claim = {
		.payer = policy_payer(policy, ring->uid),
		.region_bytes = region_bytes,
		.entries = ring->made_of.sq_entries,
	};
	int r = charge_descriptors(ring, files, &client, note);

	if (r != 0)
		return r;

	policy_decide(policy, &client, POLICY_RINGS, NULL, &claim.rings_limit);
	policy_decide(policy, &client, POLICY_REGION_BYTES, NULL, &claim.region_bytes_limit);
	policy_decide(policy, &client, POLICY_ENTRIES, NULL, &claim.entries_limit);
	return charge_take(&ring->context->quota, &claim, note, &ring->charge);
}

static int make_region(struct ring *ring, const struct files *files, struct note *note)
{
	const struct kern_program_info *info = program_info(ring->program);
	const struct request_copy *request = &ring->creation->request;
	_cleanup_free_ void *params = NULL;
	struct region_setup setup = {
		.name = ring->key,
		.params_size = info->layout.size,
		.slots = files->slots,
		.n_slots = files->n_slots,
	};
	int r;

	r = params_make(info, request->parameters, note, &params);
	if (r != 0)
		return r;
	setup.params = params;
	r = params_data_size(info, params, request->data_bytes_set, request->data_bytes, note,
			     &setup.data_size);
	if (r != 0)
		return r;
	remains_collect(&ring->context->remains);
	r = charge(ring, files, region_size(info->layout.size, setup.data_size), note);
	return r != 0 ? r : region_new(&setup, &ring->region);
}

int creation_set_up(struct ring *ring, const struct host_callbacks *callbacks, struct note *note)
{
	const struct kern_program_info *info = program_info(ring->program);
	const struct request_copy *request = &ring->creation->request;
	struct hosts *hosts = ring->context->hosts;
	struct files files;
	int r;

	r = program_usable(ring->program, note);
	if (r != 0)
		return r;
	ring->made_of = info->descriptor;
	memcpy(ring->origin.digest, info->digest, sizeof(ring->origin.digest));
	r = files_fill(&ring->made_of, request->parcel, request->files, request->n_files, note,
		       &files);
	if (r == 0)
		r = make_region(ring, &files, note);
	if (r != 0)
		return r;
	for (uint32_t i = 0; i < files.n_slots; i++) {
		ring->client.files[i].device = files.devices[i];
		ring->client.files[i].inode = files.inodes[i];
	}
	region_publish(&ring->region, ring_state_life(ring->state), 0, ring->generation, info->id);
	if (ring->adopted)
		return hosts->ops->adopt(hosts, ring->key, callbacks, ring,
					 &ring->creation->lease[LEASE_CLIENT], &ring->host);
	r = make_lease(ring);
	return r < 0 ? r : start_host(ring, &files, callbacks, note);
}
