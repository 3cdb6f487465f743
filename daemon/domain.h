/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domain.h - the manager and those of its clients that serve no connection, put together */
#ifndef DAEMON_DOMAIN_H
#define DAEMON_DOMAIN_H

#include "manager/manager.h"

struct declared;
struct takeover;
struct users;

/* Embedded in its owner. The three objects live from domain_init to domain_done. */
struct domain {
	struct manager *manager;
	struct takeover *takeover;
	struct declared *declared;
	void (*event)(void *arg, const struct manager_event *event); /* or NULL */
	void *event_arg;
	void (*ready)(void *arg); /* of domain_begin */
	void *ready_arg;
	unsigned int running; /* of the three, once they are to stop */
	void (*stopped)(void *arg);
	void *stopped_arg;
};

/*
 * Of @setup's observer only the event is used. If it fails after the manager has begun its jobs,
 * domain->manager is set, and domain_stop has to follow.
 */
int domain_init(struct domain *domain, const struct manager_setup *setup, struct users *users);
/*
 * Opens the shipped programs, then takes over the rings of an earlier daemon; then @ready, unless
 * the domain is stopped (at once, from within, if nothing is to be done). Once.
 */
void domain_begin(struct domain *domain, void (*ready)(void *arg), void *arg);
/* @done when all is stopped (at once, from within, if that is so): manager.h says what is left. */
void domain_stop(struct domain *domain, void (*done)(void *arg), void *arg);
/* When it has stopped; an empty one is fine. */
void domain_done(struct domain *domain);

#endif
