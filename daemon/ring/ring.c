/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring/context.h"
#include "ring/create.h"
#include "ring/ledger.h"

int ring_client_init(struct ring_client *client, const struct peer *peer)
{
	const struct policy_client from = policy_client_of(peer);
	struct user user = {.uid = peer->user.uid, .gid = peer->user.gid};

	user.groups = calloc(peer->user.n_groups + 1, sizeof(*user.groups));
	if (!user.groups)
		return -ENOMEM;
	user.n_groups = peer->user.n_groups;
	if (user.n_groups > 0)
		memcpy(user.groups, peer->user.groups, user.n_groups * sizeof(*user.groups));
	client->cgroup = from.cgroup ? strdup(from.cgroup) : NULL;
	if (from.cgroup && !client->cgroup) {
		user_done(&user);
		return -ENOMEM;
	}
	client->user = user;
	client->pid = peer->pid;
	return 0;
}

void ring_client_done(struct ring_client *client)
{
	free(client->cgroup);
	user_done(&client->user);
	*client = (struct ring_client){};
}

int ring_new(struct ring_context *context, const char *key, uid_t uid, struct program *program,
	     struct ring **ret)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	ring->context = context;
	snprintf(ring->key, sizeof(ring->key), "%s", key);
	title_of_key(ring->key, ring->full, &ring->title);
	ring->uid = uid;
	ring->created_us = events_now();
	ring->generation = 1;
	ring->region = REGION_NONE;
	ring->ring_fd = ring->region_fd = -1;
	ring_dispatcher_init(&ring->dispatcher, context->kern, context->executor, ring->key, uid);
	program_hold(program);
	ring->program = program;
	*ret = ring;
	return 0;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	assert(!ring->dispatcher.busy && !ring->dispatcher.kern_dispatch);
	assert(!ring->emptying.region);
	ring->context->clock->cancel(ring->context->clock, &ring->timer);
	if (ring->host)
		ring->context->hosts->ops->host_free(ring->host);
	probation_done(ring);
	creation_free(ring->creation);
	program_release(ring->operation.program);
	program_release(ring->program);
	region_done(&ring->region);
	charge_done(&ring->charge);
	usage_end(&ring->descriptors);
	note_done(&ring->cancelled.note);
	free(ring->reason);
	free(ring->note);
	ring_client_done(&ring->client);
	free(ring);
}

bool ring_visible(const struct ring *ring)
{
	return ring->region.head || ring->announced;
}

void ring_view_fill(const struct ring *ring, struct ring_view *ret)
{
	const struct ring_view none = {};

	*ret = none;
	ret->title = ring->title;
	ret->program = program_info(ring->program);
	ret->state = ring->state;
	ret->reason = ring->reason;
	ret->started = ring->state > RING_CREATED || ring->operation.step == STEP_START;
	ret->uid = ring->uid;
	ret->generation = ring->generation;
	ret->adopted = ring->adopted;
	ret->persistent = ring->persistent;
	ret->rollback = ring->rollback;
	ret->on_probation = ring->probation.on;
	ret->fallback = ring->probation.fallback ? ring->probation.fallback->name : NULL;
	ret->declared = ring->declared;
	ret->declared_digest = ring->declared_digest;
	ret->note = ring->note;
	ret->pid = ring->host ? ring->context->hosts->ops->pid(ring->host) : 0;
	ret->created_us = ring->created_us;
	ring_dispatcher_counts(&ring->dispatcher, &ret->steps, &ret->last_step_ns);
	ret->region_size = ring->region.size;
	ret->data_size = ring->region.data_size;
	ret->sq_entries = ring->made_of.sq_entries;
	ret->cq_entries = ring->made_of.cq_entries;
	if (ring->region.head) {
		ret->progress = ring->region.head->progress;
		ret->params = region_params(&ring->region);
	}
	ret->region_fd = ring->region.fd;
	ret->lease_fd = ring->creation ? creation_lease(ring->creation) : -1;
}

void ring_set_reason(struct ring *ring, char *reason)
{
	free(ring->reason);
	ring->reason = reason;
}

void ring_publish(struct ring *ring)
{
	ledger_update(ring);
	if (ring->region.head)
		region_publish(&ring->region, ring_state_life(ring->state), ring->error,
			       ring->generation, program_info(ring->program)->id);
}

static size_t list_files(const struct ring *ring, struct ring_origin_file *ret)
{
	size_t n = 0;

	for (uint32_t i = 0; i < ring->made_of.slot_count && i < IOURD_SLOTS_MAX; i++) {
		if (ring->client.files[i].device == 0 && ring->client.files[i].inode == 0)
			continue;
		ret[n++] = (struct ring_origin_file){
			.slot = ring->made_of.slots[i].name,
			.device = ring->client.files[i].device,
			.inode = ring->client.files[i].inode,
		};
	}
	return n;
}

void ring_emit(struct ring *ring, enum event_kind kind)
{
	const struct kern_program_info *info = program_info(ring->program);
	struct ring_origin_file files[IOURD_SLOTS_MAX];

	events_emit(&ring->context->events, (struct manager_event){
						    .kind = kind,
						    .ring = ring->title,
						    .program = ring->program->name,
						    .uid = ring->uid,
						    .generation = ring->generation,
						    .reason = ring->reason,
						    .digest = info ? info->digest : NULL,
						    .cgroup = ring->client.cgroup,
						    .client_pid = ring->client.pid,
						    .adopted = ring->adopted,
						    .persistent = ring->persistent,
						    .declared = ring->declared,
						    .files = files,
						    .n_files = list_files(ring, files),
					    });
}

void ring_reply(struct ring *ring, struct ring_reply *reply, int r, const struct note *note)
{
	struct ring_reply taken = *reply;
	struct ring_view view;

	if (!taken.done)
		return;
	*reply = (struct ring_reply){};
	if (r == 0)
		ring_view_fill(ring, &view);
	taken.done(taken.arg, r, note, r == 0 ? &view : NULL);
}

int ring_fault_busy(const struct ring *ring, const char *why, struct note *note)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s", why, ring->reason ? ": " : "", ring->reason ?: "");
	return fault_ring_busy(note, ring->title.name, text);
}
