/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "program/program.h"
#include "ring/machine.h"
#include "ring/reports.h"

int manager_usable(const struct manager *manager, struct note *note)
{
	const struct kern_capability *missing;

	if (manager->rings.stopping)
		return -ESHUTDOWN;
	missing = kern_missing_capability(manager->rings.kern);
	return missing ? fault_kernel_lacks(note, missing->name, missing->since, missing->detail)
		       : 0;
}

bool manager_lacks(const struct manager *manager, const char *name)
{
	const struct kern_capability *capabilities;
	size_t n;

	capabilities = manager->rings.kern->ops->capabilities(manager->rings.kern, &n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(capabilities[i].name, name) == 0)
			return !capabilities[i].present;
	return true;
}

void manager_reply_if_stopped(struct manager *manager)
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
	manager_reply_if_stopped(manager);
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

static void on_remove(void *arg, struct ring *ring)
{
	struct manager *manager = arg;

	registry_remove(&manager->registry, ring);
	manager->answering++;
}

static void on_gone(void *arg, const struct ring_end *end)
{
	struct manager *manager = arg;

	if (end && manager->observer.ring_gone)
		manager->observer.ring_gone(manager->observer.arg, end);
	manager->answering--;
	manager_reply_if_stopped(manager);
}

static void on_renamed(void *arg, const struct ring_end *end)
{
	struct manager *manager = arg;

	if (manager->observer.ring_gone)
		manager->observer.ring_gone(manager->observer.arg, end);
}

static void on_host_reported(void *arg)
{
	struct manager *manager = arg;

	if (manager->observer.host_reported)
		manager->observer.host_reported(manager->observer.arg);
}

int manager_new(const struct manager_setup *setup, struct manager **ret)
{
	struct manager *manager = calloc(1, sizeof(*manager));
	int r;

	if (!manager)
		return -ENOMEM;
	manager->observer = setup->observer;
	manager->rings = (struct ring_context){
		.kern = setup->kern,
		.hosts = setup->hosts,
		.executor = setup->executor,
		.clock = setup->clock,
		.host_callbacks = &ring_host_callbacks,
		.policies = setup->policies,
		.quota.caps = setup->caps,
		.probation_ms = setup->probation_ms,
		.events.listener = setup->observer.event,
		.events.arg = setup->observer.arg,
		.events.journal = setup->kern->ops->journal(setup->kern),
		.remove = on_remove,
		.gone = on_gone,
		.renamed = on_renamed,
		.host_reported = on_host_reported,
		.arg = manager,
	};
	remains_init(&manager->rings.remains, setup->last_use);
	manager->jobs = (struct jobs){
		.executor = setup->executor,
		.idle = jobs_idle,
		.arg = manager,
	};
	catalogue_init(&manager->catalogue, setup->kern, &manager->jobs, &manager->store,
		       &setup->policies->usages);
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

void manager_stop(struct manager *manager, void (*done)(void *arg), void *arg)
{
	const struct ring_event stopping = {.kind = STOPPING, .text = "iouringd is stopping"};

	assert(!manager->rings.stopping);
	manager->rings.stopping = true;
	for (size_t i = manager->registry.n_rings; i-- > 0;)
		ring_handle(manager->registry.rings[i], &stopping);
	/* not before: the last ring to go would call it from within the loop */
	manager->stopped = done;
	manager->stopped_arg = arg;
	manager_reply_if_stopped(manager);
}

void manager_free(struct manager *manager)
{
	if (!manager)
		return;
	assert(manager->jobs.n == 0);
	registry_done(&manager->registry);
	store_done(&manager->store);
	catalogue_done(&manager->catalogue);
	remains_done(&manager->rings.remains);
	quota_done(&manager->rings.quota);
	free(manager);
}

/* No user has this uid. */
static bool sees_all(const struct manager *manager, const struct peer *peer)
{
	return manager_may_see(manager, peer, (uid_t)-1);
}

uint64_t manager_event_number(const struct manager *manager, const struct peer *peer,
			      const struct manager_event *event)
{
	return sees_all(manager, peer) ? event->number : event->user_number;
}

uint64_t manager_last_event(const struct manager *manager, const struct peer *peer)
{
	const struct events *events = &manager->rings.events;

	return sees_all(manager, peer) ? events->journal->event_number
				       : events_last_of(events, peer->user.uid);
}
