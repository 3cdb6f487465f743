/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "program/program.h"
#include "ring/ring.h"

int manager_usable(const struct manager *manager, struct note *note)
{
	const struct kern_capability *missing;

	if (manager->stopping)
		return -ESHUTDOWN;
	missing = kern_missing_capability(manager->kern);
	return missing ? fault_kernel_lacks(note, missing->name, missing->since) : 0;
}

bool manager_lacks(const struct manager *manager, const char *name)
{
	const struct kern_capability *capabilities;
	size_t n;

	capabilities = manager->kern->ops->capabilities(manager->kern, &n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(capabilities[i].name, name) == 0)
			return !capabilities[i].present;
	return true;
}

int manager_lookup(const struct manager *manager, const struct peer *peer, const char *name,
		   struct note *note, struct ring **ret)
{
	int r = manager_usable(manager, note);

	return r == 0 ? registry_find(&manager->registry, peer, name, note, ret) : r;
}

void manager_settle(struct manager *manager)
{
	void (*stopped)(void *arg) = manager->stopped;

	if (!stopped || manager->registry.n_rings > 0 || manager->jobs.n > 0 ||
	    manager->answering > 0)
		return;
	manager->stopped = NULL;
	stopped(manager->stopped_arg);
}

static void jobs_idle(void *arg)
{
	struct manager *manager = arg;
	void (*ready)(void *arg) = manager->ready;

	manager->ready = NULL;
	if (ready)
		ready(manager->ready_arg);
	manager_settle(manager);
}

void manager_await_ready(struct manager *manager, void (*ready)(void *arg), void *arg)
{
	assert(!manager->ready);
	if (manager->jobs.n == 0) {
		ready(arg);
		return;
	}
	manager->ready = ready;
	manager->ready_arg = arg;
}

int manager_new(const struct manager_setup *setup, struct manager **ret)
{
	struct manager *manager = calloc(1, sizeof(*manager));
	int r;

	if (!manager)
		return -ENOMEM;
	manager->kern = setup->kern;
	manager->hosts = setup->hosts;
	manager->executor = setup->executor;
	manager->clock = setup->clock;
	manager->observer = setup->observer;
	manager->events.listener = setup->observer.event;
	manager->events.arg = setup->observer.arg;
	manager->quota.limits = setup->limits;
	manager->policy = setup->policy;
	manager->jobs = (struct jobs){
		.executor = setup->executor,
		.idle = jobs_idle,
		.arg = manager,
	};
	catalogue_init(&manager->catalogue, setup->kern, &manager->jobs, &manager->store);
	manager->events.journal = setup->kern->ops->journal(setup->kern);
	r = store_init(&manager->store, setup->store_directory);
	if (r == 0)
		r = catalogue_scan(&manager->catalogue, setup->program_directory);
	if (r < 0) {
		manager_free(manager);
		return r;
	}
	*ret = manager;
	return 0;
}

static void stop_ring(struct ring *ring)
{
	if (ring->phase == PHASE_CREATING) {
		ring_explain(ring, "iouringd is stopping");
		ring_input(ring, INPUT_DESTROY);
	} else if (ring->phase != PHASE_ENDING && !ring->dispatch.busy) {
		ring_leave(ring); /* otherwise the end of its job does that */
	}
}

void manager_stop(struct manager *manager, void (*done)(void *arg), void *arg)
{
	assert(!manager->stopping);
	manager->stopping = true;
	manager->stopped = done;
	manager->stopped_arg = arg;
	for (size_t i = manager->registry.n_rings; i-- > 0;)
		stop_ring(manager->registry.rings[i]);
	manager_settle(manager);
}

void manager_free(struct manager *manager)
{
	if (!manager)
		return;
	assert(manager->jobs.n == 0);
	registry_done(&manager->registry);
	store_done(&manager->store);
	catalogue_done(&manager->catalogue);
	quota_done(&manager->quota);
	free(manager);
}

uint64_t manager_last_event(const struct manager *manager)
{
	return __atomic_load_n(&manager->events.journal->event_number, __ATOMIC_RELAXED);
}

/* ---- rings ---- */

static int steer(struct manager *manager, const struct peer *peer, const char *name,
		 enum input input, ring_done done, void *arg, struct note *note)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	return r == 0 ? ring_request(ring, input, done, arg, note) : r;
}

int manager_ring_start(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note)
{
	return steer(manager, peer, name, INPUT_START, done, arg, note);
}

int manager_ring_pause(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note)
{
	return steer(manager, peer, name, INPUT_PAUSE, done, arg, note);
}

int manager_ring_resume(struct manager *manager, const struct peer *peer, const char *name,
			ring_done done, void *arg, struct note *note)
{
	return steer(manager, peer, name, INPUT_RESUME, done, arg, note);
}

/*
 * A client that polls the region may see that the work has ended, and destroy the ring, before the
 * host reports it. The event of the end has to come first all the same.
 */
static void note_end_of_work(struct ring *ring)
{
	uint32_t state;

	if (ring->phase != PHASE_RUNNING || !ring->region.head)
		return;
	state = __atomic_load_n(&ring->region.head->progress.state, __ATOMIC_ACQUIRE);
	if (state == IOURD_WORK_DONE || state == IOURD_WORK_STOPPED || state == IOURD_WORK_FAILED)
		ring_input(ring, INPUT_RETURNED_PROGRAM);
}

int manager_ring_destroy(struct manager *manager, const struct peer *peer, const char *name,
			 ring_done done, void *arg, struct note *note)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	note_end_of_work(ring);
	if (ring->phase != PHASE_ENDING)
		ring_explain(ring, peer->uid == ring->uid ? "its owner destroyed it"
							  : "an administrator destroyed it");
	return ring_request(ring, INPUT_DESTROY, done, arg, note);
}

size_t manager_ring_count(const struct manager *manager, const struct peer *peer)
{
	const struct registry *registry = &manager->registry;
	size_t n = 0;

	for (size_t i = 0; i < registry->n_rings; i++)
		n += manager_may_see(peer->uid, registry->rings[i]->uid) &&
		     ring_visible(registry->rings[i]);
	return n;
}

void manager_ring_at(const struct manager *manager, const struct peer *peer, size_t index,
		     struct ring_view *ret)
{
	const struct registry *registry = &manager->registry;

	for (size_t i = 0; i < registry->n_rings; i++) {
		const struct ring *ring = registry->rings[i];

		if (!manager_may_see(peer->uid, ring->uid) || !ring_visible(ring))
			continue;
		if (index-- == 0) {
			ring_view_fill(ring, ret);
			return;
		}
	}
	assert(false);
}

int manager_ring_find(const struct manager *manager, const struct peer *peer, const char *name,
		      struct note *note, struct ring_view *ret)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	if (!ring_visible(ring))
		return fault_ring_busy(note, name, "it is not made yet");
	ring_view_fill(ring, ret);
	return 0;
}
