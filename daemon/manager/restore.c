/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* restore.c - what the client that takes over an earlier daemon's rings needs */
#include <errno.h>

#include "manager/context.h"
#include "program/program.h"
#include "ring/rename.h"
#include "ring/restore.h"
#include "ring/ring.h"

int manager_program_hold(struct manager *manager, const uint8_t digest[SHA256_SIZE],
			 struct program **ret)
{
	return catalogue_take_stored(&manager->catalogue, digest, ret);
}

void manager_program_release(struct program *program)
{
	program_release(program);
}

bool manager_program_is_open(const struct program *program)
{
	return program_info(program);
}

struct cleaning {
	const struct catalogue *catalogue;
	bool (*needed)(void *arg, const uint8_t *digest);
	void *arg;
};

static bool is_needed(void *arg, const uint8_t *digest)
{
	const struct cleaning *cleaning = arg;

	return catalogue_has(cleaning->catalogue, digest) ||
	       cleaning->needed(cleaning->arg, digest);
}

void manager_store_clean(struct manager *manager, bool (*needed)(void *arg, const uint8_t *digest),
			 void *arg)
{
	struct cleaning cleaning = {&manager->catalogue, needed, arg};

	store_clean(&manager->store, is_needed, &cleaning);
}

int manager_ring_rename(struct manager *manager, struct kern_dispatcher *dispatcher,
			const char *key, char ret[RING_KEY_MAX])
{
	return ring_rename(manager->rings.hosts, manager->rings.kern, dispatcher, key, ret);
}

void manager_reserve_key(struct manager *manager, const char *key)
{
	registry_add_foreign(&manager->registry, key);
}

int manager_ring_restore(struct manager *manager, const struct ring_restoration *restoration,
			 bool *ret_reports)
{
	struct ring *ring;
	int r;

	if (manager->rings.stopping)
		return -ESHUTDOWN;
	r = manager_ring_new(manager, restoration->key, restoration->ledger->uid,
			     restoration->program, &ring);
	if (r < 0)
		return r;
	r = ring_restore(ring, restoration);
	if (r < 0) {
		manager_ring_free(manager, ring);
		return r;
	}
	*ret_reports = ring->awaited;
	return 0;
}
