/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* context.h - the manager, as its parts see it */
#ifndef MANAGER_CONTEXT_H
#define MANAGER_CONTEXT_H

#include "program/catalogue.h"
#include "ring/context.h"
#include "util/jobs.h"
#include "manager/manager.h"
#include "manager/registry.h"
#include "program/store.h"

/* Owned by the daemon; owns rings, programs and the users' quotas. */
struct manager {
	struct manager_observer observer;
	struct ring_context rings; /* what they share */
	struct jobs jobs;
	struct store store;
	struct catalogue catalogue;
	struct registry registry;
	size_t answering;	  /* rings that are freed, but whose requests are being answered */
	void (*ready)(void *arg); /* of manager_await_ready; NULL once it was called */
	void *ready_arg;
	void (*stopped)(void *arg); /* of manager_stop; NULL once it was called */
	void *stopped_arg;
};

/* Whether the kernel lacks the capability @name. */
bool manager_lacks(const struct manager *manager, const char *name);
/* The ring, if @peer may see it. -ESHUTDOWN; FAULT_RING_NOT_FOUND. */
int manager_lookup_to_see(const struct manager *manager, const struct peer *peer, const char *name,
			  struct note *note, struct ring **ret);
/* The same, if @peer may control it, too. */
int manager_lookup(const struct manager *manager, const struct peer *peer, const char *name,
		   struct note *note, struct ring **ret);
/* FAULT_NOT_PERMITTED, which names the rule, if the policy denies @item to @peer. */
int manager_permits(const struct manager *manager, const struct peer *peer, enum policy_item item,
		    const char *what, struct note *note);
int manager_permits_program(const struct manager *manager, const struct peer *peer,
			    const struct program *program, struct note *note);
/* A new ring in the registry, without an operation. @program is held. */
int manager_ring_new(struct manager *manager, const char *key, uid_t uid, struct program *program,
		     struct ring **ret);
/* Of one that no event has reached, or whose events all failed. */
void manager_ring_free(struct manager *manager, struct ring *ring);
/* Completes manager_stop, if nothing is left to wait for. The caller returns after it. */
void manager_reply_if_stopped(struct manager *manager);

#endif
