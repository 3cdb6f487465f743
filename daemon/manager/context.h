/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* context.h - the manager, as its parts see it */
#ifndef RING_CONTEXT_H
#define RING_CONTEXT_H

#include "program/catalogue.h"
#include "ring/events.h"
#include "util/jobs.h"
#include "manager/manager.h"
#include "ring/quota.h"
#include "manager/registry.h"
#include "program/store.h"

/* Owned by the daemon; owns rings, programs and what is charged for them. */
struct manager {
	struct kern *kern; /* borrowed, as are the next three */
	struct hosts *hosts;
	struct executor *executor;
	struct clock_port *clock;
	struct manager_policy policy;
	struct manager_observer observer;
	struct events events;
	struct jobs jobs;
	struct store store;
	struct quota quota;
	struct catalogue catalogue;
	struct registry registry;
	size_t answering;	  /* rings that are gone, but whose requests are being answered */
	void (*ready)(void *arg); /* of manager_await_ready; NULL once it was called */
	void *ready_arg;
	bool stopping;
	void (*stopped)(void *arg); /* of manager_stop; NULL once it was called */
	void *stopped_arg;
};

/* Whether the kernel lacks the capability @name, one of KERN_... */
bool manager_lacks(const struct manager *manager, const char *name);
/* A ring that @peer may steer; with manager_usable's answers. */
int manager_lookup(const struct manager *manager, const struct peer *peer, const char *name,
		   struct note *note, struct ring **ret);
/* A ring is gone, or a job over: tells who waits for the manager to stop. Call it last of all. */
void manager_settle(struct manager *manager);

#endif
