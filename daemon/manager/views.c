/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views.c - the rings as clients of the manager see them */
#include <assert.h>

#include "manager/context.h"
#include "ring/ring.h"

size_t manager_ring_count(const struct manager *manager, const struct peer *peer)
{
	const struct registry *registry = &manager->registry;
	size_t n = 0;

	for (size_t i = 0; i < registry->n_rings; i++)
		n += manager_may_see(manager, peer, registry->rings[i]->uid) &&
		     ring_visible(registry->rings[i]);
	return n;
}

uint64_t manager_pinned_bytes(const struct manager *manager, const struct peer *peer)
{
	const struct registry *registry = &manager->registry;
	uint64_t bytes = 0;

	for (size_t i = 0; i < registry->n_rings; i++)
		if (manager_may_see(manager, peer, registry->rings[i]->uid))
			bytes += registry->rings[i]->charge.region_bytes;
	return bytes;
}

void manager_ring_at(const struct manager *manager, const struct peer *peer, size_t index,
		     struct ring_view *ret)
{
	const struct registry *registry = &manager->registry;

	for (size_t i = 0; i < registry->n_rings; i++) {
		struct ring *ring = registry->rings[i];

		if (!manager_may_see(manager, peer, ring->uid) || !ring_visible(ring))
			continue;
		if (index-- == 0) {
			ring_view_fill(ring, ret);
			waiting_look(ring, &ret->waiting);
			return;
		}
	}
	assert(false);
}

static int view(const struct ring *ring, struct note *note, struct ring_view *ret)
{
	if (!ring_visible(ring))
		return fault_ring_busy(note, ring->title.name, "it is not made yet");
	ring_view_fill(ring, ret);
	return 0;
}

int manager_ring_find(const struct manager *manager, const struct peer *peer, const char *name,
		      struct note *note, struct ring_view *ret)
{
	struct ring *ring;
	int r = manager_lookup_to_see(manager, peer, name, note, &ring);

	if (r == 0)
		r = view(ring, note, ret);
	if (r == 0)
		waiting_look(ring, &ret->waiting);
	return r;
}

int manager_ring_open(const struct manager *manager, const struct peer *peer, const char *name,
		      struct note *note, struct ring_view *ret)
{
	struct ring *ring;
	int r = manager_lookup(manager, peer, name, note, &ring);

	return r == 0 ? view(ring, note, ret) : r;
}
