/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create.c - new rings: permission, name, and the request that begins their life */
#include <errno.h>
#include <string.h>

#include "manager/context.h"
#include "program/program.h"
#include "ring/create.h"
#include "ring/machine.h"
#include "ring/reports.h"

int manager_ring_new(struct manager *manager, const char *key, uid_t uid, struct program *program,
		     struct ring **ret)
{
	int r = registry_reserve(&manager->registry);

	if (r == 0)
		r = ring_new(&manager->rings, key, uid, program, ret);
	if (r < 0)
		return r;
	ring_init_timers(*ret);
	registry_add(&manager->registry, *ret);
	return 0;
}

void manager_ring_free(struct manager *manager, struct ring *ring)
{
	registry_remove(&manager->registry, ring);
	ring_free(ring);
}

/* What the administrator declares is permitted; but not a program that nobody of that user may run.
 */
static int check_persistent(const struct manager *manager, const struct peer *peer,
			    const struct ring_request *request, struct note *note)
{
	if (!request->persistent || request->declared)
		return 0;
	return manager_permits(manager, peer, POLICY_PERSISTENT_RINGS, "persistent rings", note);
}

static int check_adopted(const struct manager *manager, const struct peer *peer, struct note *note)
{
	int r = manager_permits(manager, peer, POLICY_ADOPTED_RINGS, "adopted rings", note);

	if (r != 0 || peer->user.uid == 0)
		return r;
	if (manager_lacks(manager, KERN_SAFE_ADOPTION))
		return fault_not_permitted(note, "adopted rings are for root only on this kernel, "
						 "which lacks " KERN_SAFE_ADOPTION " (Linux 7.3)");
	return 0;
}

/* What of the request is the ring's own. */
static int fill_ring(struct ring *ring, const struct peer *peer, const struct ring_request *request)
{
	int r;

	ring->gid = peer->user.gid;
	ring->persistent = request->persistent;
	ring->rollback = request->rollback;
	ring->adopted = request->adopted;
	ring->declared = request->declared != NULL;
	if (request->declared)
		memcpy(ring->declared_digest, request->declared, SHA256_SIZE);
	r = ring_client_init(&ring->client, peer);
	return r < 0 ? r : creation_new(peer, request, &ring->creation);
}

int manager_ring_create(struct manager *manager, const struct peer *peer,
			const struct ring_request *request, ring_done done, void *arg,
			struct note *note)
{
	struct ring_event event = {.reply = {done, arg}, .note = note};
	char key[RING_KEY_MAX];
	struct program *program;
	struct ring *ring;
	int r;

	r = manager_usable(manager, note);
	if (r == 0)
		r = check_persistent(manager, peer, request, note);
	if (r == 0)
		r = catalogue_find(&manager->catalogue, request->program, note, &program);
	if (r == 0)
		r = manager_permits_program(manager, peer, program, note);
	if (r == 0)
		r = registry_pick_key(&manager->registry, request->declared ? 0 : peer->user.uid,
				      request->name, program->name, note, key);
	if (r == 0)
		r = manager_ring_new(manager, key, peer->user.uid, program, &ring);
	if (r != 0)
		return r;
	r = fill_ring(ring, peer, request);
	event.kind = program_is_opening(program) ? REQUEST_CREATE_UNOPENED : REQUEST_CREATE;
	if (r == 0)
		r = ring_handle(ring, &event);
	if (r != 0)
		manager_ring_free(manager, ring);
	return r;
}

int manager_ring_prepare(struct manager *manager, const struct peer *peer,
			 const struct ring_request *request, ring_done done, void *arg,
			 struct note *note)
{
	struct ring_request adopted = *request;
	int r;

	adopted.adopted = true;
	adopted.persistent = false;
	r = check_adopted(manager, peer, note);
	return r == 0 ? manager_ring_create(manager, peer, &adopted, done, arg, note) : r;
}
