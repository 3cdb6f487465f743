/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "ring/create.h"
#include "ring/ledger.h"
#include "ring/ring.h"

int ring_new(struct manager *manager, const char *name, uid_t uid, struct program *program,
	     struct ring **ret)
{
	struct ring *ring;
	int r;

	r = registry_reserve(&manager->registry);
	if (r < 0)
		return r;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->manager = manager;
	snprintf(ring->name, sizeof(ring->name), "%s", name);
	ring->uid = uid;
	ring->created_us = events_now();
	ring->generation = 1;
	ring->region = REGION_NONE;
	ring->ring_fd = ring->region_fd = -1;
	ring->timer.fire = ring_timeout;
	probation_init(ring);
	dispatch_init(&ring->dispatch, manager->kern, manager->executor, ring->name);
	program_hold(program);
	ring->program = program;
	registry_add(&manager->registry, ring);
	*ret = ring;
	return 0;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	assert(!ring->dispatch.busy && !ring->dispatch.kern_dispatch);
	registry_remove(&ring->manager->registry, ring);
	ring->manager->clock->cancel(ring->manager->clock, &ring->timer);
	if (ring->host)
		ring->manager->hosts->ops->host_free(ring->host);
	probation_done(ring);
	create_free(ring->create);
	program_release(ring->swap.program);
	program_release(ring->program);
	region_done(&ring->region);
	charge_done(&ring->charge);
	free(ring->reason);
	free(ring->note);
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
	ret->name = ring->name;
	ret->program = program_info(ring->program);
	ret->state = states_public(ring->phase);
	ret->started = ring->phase > PHASE_CREATED;
	ret->reason = ring->reason;
	ret->uid = ring->uid;
	ret->generation = ring->generation;
	ret->adopted = ring->adopted;
	ret->persistent = ring->persistent;
	ret->rollback = ring->rollback;
	ret->on_probation = probation_is_on(ring);
	ret->fallback = ring->probation.good ? ring->probation.good->name : NULL;
	ret->declared = ring->declared;
	ret->declared_digest = ring->declared_digest;
	ret->note = ring->note;
	ret->pid = ring->host ? ring->manager->hosts->ops->pid(ring->host) : 0;
	ret->created_us = ring->created_us;
	dispatch_counts(&ring->dispatch, &ret->steps, &ret->last_step_ns);
	ret->region_size = ring->region.size;
	ret->data_size = ring->region.data_size;
	ret->sq_entries = ring->made_of.sq_entries;
	ret->cq_entries = ring->made_of.cq_entries;
	if (ring->region.head) {
		ret->progress = ring->region.head->progress;
		ret->params = region_params(&ring->region);
	}
	ret->region_fd = ring->region.fd;
	ret->lease_fd = ring->create ? create_lease(ring->create) : -1;
}

void ring_explain(struct ring *ring, const char *format, ...)
{
	va_list arguments;

	free(ring->reason);
	va_start(arguments, format);
	if (vasprintf(&ring->reason, format, arguments) < 0)
		ring->reason = NULL; /* an end without a reason is still an end */
	va_end(arguments);
}

void ring_explain_nothing(struct ring *ring)
{
	free(ring->reason);
	ring->reason = NULL;
	ring->error = 0;
}

void ring_publish(struct ring *ring)
{
	const struct kern_program_info *info = program_info(ring->program);

	ledger_note(ring);
	if (ring->region.head)
		region_publish(&ring->region, states_life(ring->phase), ring->error,
			       ring->generation, info->id);
}

void ring_event(struct ring *ring, enum event_kind kind)
{
	events_emit(&ring->manager->events, (struct manager_event){
						    .kind = kind,
						    .ring = ring->name,
						    .program = ring->program->name,
						    .uid = ring->uid,
						    .generation = ring->generation,
						    .reason = ring->reason,
					    });
}

void ring_answer(struct ring *ring, struct ring_reply *reply, int r, const struct note *note)
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

void ring_answer_busy(struct ring *ring, struct ring_reply *reply, const char *why)
{
	struct note note = {};
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s", why, ring->reason ? ": " : "",
		 ring->reason ? ring->reason : "");
	ring_answer(ring, reply, fault_ring_busy(&note, ring->name, text), &note);
	note_done(&note);
}
