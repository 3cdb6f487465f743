/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* permission.c - what the policy lets a client do */
#include <errno.h>
#include <stdio.h>

#include "manager/context.h"
#include "program/program.h"
#include "ring/ring.h"
#include "util/log.h"

static void decide(const struct manager *manager, const struct peer *peer, enum policy_item item,
		   const struct policy_program *program, struct policy_answer *ret)
{
	const struct policy_client client = policy_client_of(peer);

	policy_decide(manager->rings.policies->current, &client, item, program, ret);
}

int manager_permits(const struct manager *manager, const struct peer *peer, enum policy_item item,
		    const char *what, struct note *note)
{
	struct policy_answer answer;

	decide(manager, peer, item, NULL, &answer);
	return answer.value ? 0 : policy_refuse(&answer, what, note);
}

static struct policy_program subject(const struct program *program)
{
	const struct kern_program_info *info = program_info(program);

	return (struct policy_program){
		.name = program->name,
		.digest = info ? info->digest : NULL,
	};
}

int manager_permits_program(const struct manager *manager, const struct peer *peer,
			    const struct program *program, struct note *note)
{
	const struct policy_program asked = subject(program);
	struct policy_answer answer;
	char what[IOURD_NAME_MAX + 16];

	decide(manager, peer, POLICY_PROGRAMS, &asked, &answer);
	if (answer.value)
		return 0;
	snprintf(what, sizeof(what), "program \"%s\"", program->name);
	return policy_refuse(&answer, what, note);
}

/* ---- rings of others ---- */

bool manager_may_see(const struct manager *manager, const struct peer *peer, uid_t owner)
{
	struct policy_answer answer;

	if (peer->user.uid == owner)
		return true;
	decide(manager, peer, POLICY_SEE_RINGS, NULL, &answer);
	return answer.value;
}

int manager_lookup_to_see(const struct manager *manager, const struct peer *peer, const char *name,
			  struct note *note, struct ring **ret)
{
	struct ring *ring;

	if (manager->rings.stopping)
		return -ESHUTDOWN;
	ring = registry_search_for(&manager->registry, peer->user.uid, name);
	/* whether others have a ring of that name is not the caller's business */
	if (!ring || !manager_may_see(manager, peer, ring->uid))
		return fault_ring_not_found(note, name);
	*ret = ring;
	return 0;
}

int manager_lookup(const struct manager *manager, const struct peer *peer, const char *name,
		   struct note *note, struct ring **ret)
{
	struct ring *ring;
	int r = manager_lookup_to_see(manager, peer, name, note, &ring);

	if (r == 0 && peer->user.uid != ring->uid)
		r = manager_permits(manager, peer, POLICY_STEER_RINGS,
				    "controlling rings of other users", note);
	if (r == 0)
		*ret = ring;
	return r;
}

/* ---- a changed policy ---- */

static void report(const struct ring *ring, const struct policy_answer *answer, const char *what)
{
	char place[POLICY_PLACE_MAX];

	log_notice("ring \"%s\" of user %u %s, which %s in %s now forbids; it goes on", ring->full,
		   (unsigned int)ring->uid, what, policy_keys[answer->item].name,
		   policy_place(answer, place));
}

/* A ring is checked as its client was when it was made. */
static void check_ring(const struct policy *policy, const struct ring *ring)
{
	const struct policy_client client = {
		.user = &ring->client.user,
		.cgroup = ring->client.cgroup,
	};
	const struct policy_program program = subject(ring->program);
	struct policy_answer answer;
	char what[IOURD_NAME_MAX + 24];

	snprintf(what, sizeof(what), "uses program \"%s\"", ring->program->name);
	policy_decide(policy, &client, POLICY_PROGRAMS, &program, &answer);
	if (!answer.value)
		report(ring, &answer, what);
	policy_decide(policy, &client, POLICY_PERSISTENT_RINGS, NULL, &answer);
	if (ring->persistent && !ring->declared && !answer.value)
		report(ring, &answer, "is persistent");
	policy_decide(policy, &client, POLICY_ADOPTED_RINGS, NULL, &answer);
	if (ring->adopted && !answer.value)
		report(ring, &answer, "is adopted");
}

void manager_policy_changed(const struct manager *manager)
{
	const struct registry *registry = &manager->registry;
	size_t unknown = 0;

	for (size_t i = 0; i < registry->n_rings; i++) {
		if (registry->rings[i]->client.cgroup)
			check_ring(manager->rings.policies->current, registry->rings[i]);
		else
			unknown++;
	}
	if (unknown > 0)
		log_notice("whether the policy still permits %zu rings is not known: an earlier "
			   "iouringd made them, or their clients' control groups are not known",
			   unknown);
}
