/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain.h"

#include "declared/declared.h"
#include "takeover/takeover.h"

static void on_event(void *arg, const struct manager_event *event)
{
	struct domain *domain = arg;

	if (domain->event)
		domain->event(domain->event_arg, event);
}

static void on_ring_gone(void *arg, const struct ring_end *end)
{
	struct domain *domain = arg;

	declared_ring_gone(domain->declared, end);
}

static void on_host_reported(void *arg)
{
	struct domain *domain = arg;

	takeover_host_reported(domain->takeover);
}

static int make_clients(struct domain *domain, const struct manager_setup *setup,
			struct users *users)
{
	const struct takeover_setup takeover = {
		.manager = domain->manager,
		.kern = setup->kern,
		.hosts = setup->hosts,
		.executor = setup->executor,
		.clock = setup->clock,
	};
	const struct declared_setup declared = {
		.manager = domain->manager,
		.users = users,
		.executor = setup->executor,
		.clock = setup->clock,
	};
	int r;

	r = takeover_new(&takeover, &domain->takeover);
	return r < 0 ? r : declared_new(&declared, &domain->declared);
}

int domain_init(struct domain *domain, const struct manager_setup *setup, struct users *users)
{
	struct manager_setup own = *setup;
	int r;

	*domain = (struct domain){
		.event = setup->observer.event,
		.event_arg = setup->observer.arg,
	};
	own.observer = (struct manager_observer){
		.event = on_event,
		.ring_gone = on_ring_gone,
		.host_reported = on_host_reported,
		.arg = domain,
	};
	r = manager_new(&own, &domain->manager);
	return r < 0 ? r : make_clients(domain, setup, users);
}

static void on_programs_open(void *arg)
{
	struct domain *domain = arg;

	takeover_begin(domain->takeover, domain->ready, domain->ready_arg);
}

void domain_begin(struct domain *domain, void (*ready)(void *arg), void *arg)
{
	domain->ready = ready;
	domain->ready_arg = arg;
	manager_await_ready(domain->manager, on_programs_open, domain);
}

static void on_stopped(void *arg)
{
	struct domain *domain = arg;

	if (--domain->running == 0)
		domain->stopped(domain->stopped_arg);
}

void domain_stop(struct domain *domain, void (*done)(void *arg), void *arg)
{
	domain->stopped = done;
	domain->stopped_arg = arg;
	domain->running = 1 + (domain->takeover != NULL) + (domain->declared != NULL);
	/* clients first: the manager replies to their requests when it stops */
	if (domain->takeover)
		takeover_stop(domain->takeover, on_stopped, domain);
	if (domain->declared)
		declared_stop(domain->declared, on_stopped, domain);
	manager_stop(domain->manager, on_stopped, domain);
}

void domain_done(struct domain *domain)
{
	declared_free(domain->declared);
	takeover_free(domain->takeover);
	manager_free(domain->manager);
	*domain = (struct domain){};
}
