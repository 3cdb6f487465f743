/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* registry.h - the rings, by name, and who may see and steer them */
#ifndef RING_REGISTRY_H
#define RING_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "manager/manager.h"
#include "common/names.h"

struct note;
struct ring;

/* Owned by the manager; owns the rings. */
struct registry {
	struct ring **rings; /* in the order of their making */
	size_t n_rings;
	char **foreign; /* names of an earlier daemon's rings that are left alone */
	size_t n_foreign;
};

/* Asserts that no ring is left. */
void registry_done(struct registry *registry);

/* Nobody may have that name. */
void registry_add_foreign(struct registry *registry, const char *name);

/* NULL if there is none of that name. */
struct ring *registry_search(const struct registry *registry, const char *name);
/* Makes room for one more, so that the next registry_add, which takes it over, cannot fail. */
int registry_reserve(struct registry *registry);
void registry_add(struct registry *registry, struct ring *ring);
/* Takes it out; one that is not in is fine. */
void registry_remove(struct registry *registry, const struct ring *ring);

/*
 * The name of a new ring: @wanted, or the program's and a number. FAULT_INVALID_PARAMETER or
 * FAULT_RING_BUSY if it cannot be @wanted.
 */
int registry_pick_name(const struct registry *registry, const char *wanted, const char *program,
		       struct note *note, char ret[RING_NAME_MAX]);

/* The ring of that name, if @peer may steer it: else FAULT_RING_NOT_FOUND or _NOT_PERMITTED. */
int registry_find(const struct registry *registry, const struct peer *peer, const char *name,
		  struct note *note, struct ring **ret);

#endif
