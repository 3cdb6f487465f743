/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* registry.h - the rings, by key and by title (ring/title.h) */
#ifndef MANAGER_REGISTRY_H
#define MANAGER_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "manager/manager.h"
#include "ring/title.h"

struct note;
struct ring;

/* Owned by the manager; owns the rings. */
struct registry {
	struct ring **rings; /* in the order of their creation */
	size_t n_rings;
	char **foreign; /* keys of an earlier daemon's rings that were left untouched */
	size_t n_foreign;
};

/* Asserts that no ring is left. */
void registry_done(struct registry *registry);

/* No ring may have that key. */
void registry_add_foreign(struct registry *registry, const char *key);

/* NULL if none has that key. */
struct ring *registry_search(const struct registry *registry, const char *key);
/* Reserves memory, so that the next registry_add cannot fail. */
int registry_reserve(struct registry *registry);
/* Takes it over. */
void registry_add(struct registry *registry, struct ring *ring);
/* A ring that is not registered is fine. */
void registry_remove(struct registry *registry, const struct ring *ring);

/*
 * The key of a new ring: of @requested in @space, or, if that is NULL, of the program's name and a
 * number. FAULT_INVALID_PARAMETER or FAULT_RING_BUSY if it cannot be @requested.
 */
int registry_pick_key(const struct registry *registry, uid_t space, const char *requested,
		      const char *program, struct note *note, char ret[RING_KEY_MAX]);

/* The ring that user @reader means by @text, NAME or UID/NAME; NULL: none. */
struct ring *registry_search_for(const struct registry *registry, uid_t reader, const char *text);

#endif
