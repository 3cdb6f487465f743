/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/registry.h"
#include "ring/ring.h"

void registry_done(struct registry *registry)
{
	assert(registry->n_rings == 0);
	free(registry->rings);
	for (size_t i = 0; i < registry->n_foreign; i++)
		free(registry->foreign[i]);
	free(registry->foreign);
	*registry = (struct registry){};
}

struct ring *registry_search(const struct registry *registry, const char *key)
{
	for (size_t i = 0; i < registry->n_rings; i++)
		if (strcmp(registry->rings[i]->key, key) == 0)
			return registry->rings[i];
	return NULL;
}

int registry_reserve(struct registry *registry)
{
	struct ring **rings;

	rings = reallocarray(registry->rings, registry->n_rings + 1, sizeof(struct ring *));
	if (!rings)
		return -ENOMEM;
	registry->rings = rings;
	return 0;
}

void registry_add(struct registry *registry, struct ring *ring)
{
	registry->rings[registry->n_rings++] = ring;
}

void registry_remove(struct registry *registry, const struct ring *ring)
{
	for (size_t i = 0; i < registry->n_rings; i++)
		if (registry->rings[i] == ring) {
			registry->n_rings--;
			memmove(&registry->rings[i], &registry->rings[i + 1],
				(registry->n_rings - i) * sizeof(*registry->rings));
			return;
		}
}

void registry_add_foreign(struct registry *registry, const char *key)
{
	char **foreign = reallocarray(registry->foreign, registry->n_foreign + 1, sizeof(char *));

	if (!foreign)
		return; /* a ring of that name will fail, because of its pins */
	registry->foreign = foreign;
	foreign[registry->n_foreign] = strdup(key);
	registry->n_foreign += foreign[registry->n_foreign] != NULL;
}

static bool is_foreign(const struct registry *registry, const char *key)
{
	for (size_t i = 0; i < registry->n_foreign; i++)
		if (strcmp(registry->foreign[i], key) == 0)
			return true;
	return false;
}

int registry_pick_key(const struct registry *registry, uid_t space, const char *requested,
		      const char *program, struct note *note, char ret[RING_KEY_MAX])
{
	char name[RING_NAME_MAX];

	if (requested) {
		if (!ring_name_valid(requested))
			return fault_invalid_parameter(note, "name", requested, RING_NAME_EXPECTED);
		title_key(space, requested, ret);
		if (registry_search(registry, ret))
			return fault_ring_busy(note, requested, "the name is taken");
		if (is_foreign(registry, ret))
			return fault_ring_busy(note, requested, RING_NAME_FOREIGN);
		return 0;
	}
	for (unsigned int i = 1;; i++) { /* ends: numbers outnumber rings */
		snprintf(name, sizeof(name), "%s-%u", program, i);
		if (!ring_name_valid(name)) /* a program may be called u1-x */
			snprintf(name, sizeof(name), "ring-%u", i);
		title_key(space, name, ret);
		if (!registry_search(registry, ret) && !is_foreign(registry, ret))
			return 0;
	}
}

bool manager_ring_meant(const struct ring_title *title, uid_t reader, const char *text)
{
	return title_matches(title, reader, true, text);
}

struct ring *registry_search_for(const struct registry *registry, uid_t reader, const char *text)
{
	/* by a plain name, a reader's own ring comes first */
	for (int shared = 0; shared <= 1; shared++)
		for (size_t i = 0; i < registry->n_rings; i++)
			if (title_matches(&registry->rings[i]->title, reader, shared, text))
				return registry->rings[i];
	return NULL;
}
