/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* declare.c - marks of declared rings, set by the client that keeps them */
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/ring.h"

bool manager_has_ring(const struct manager *manager, const char *key)
{
	return registry_search(&manager->registry, key);
}

int manager_ring_declare(struct manager *manager, const char *name, bool rollback,
			 struct note *note)
{
	struct ring *ring = registry_search(&manager->registry, name);

	if (!ring)
		return fault_ring_not_found(note, name);
	ring->declared = true;
	ring->rollback = rollback;
	ledger_update(ring);
	return 0;
}

bool manager_ring_undeclare(struct manager *manager, const char *name)
{
	struct ring *ring = registry_search(&manager->registry, name);

	if (!ring || !ring->declared)
		return false;
	ring->declared = false;
	ledger_update(ring);
	free(ring->note);
	ring->note = NULL;
	return true;
}

void manager_ring_set_note(struct manager *manager, const char *name, const char *text)
{
	struct ring *ring = registry_search(&manager->registry, name);

	if (!ring || !ring->declared)
		return;
	free(ring->note);
	ring->note = text ? strdup(text) : NULL;
}
