/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* requests.c - requests for rings that exist */
#include <errno.h>

#include "manager/context.h"
#include "ring/adopt.h"
#include "ring/machine.h"
#include "ring/outcome.h"
#include "ring/reports.h"

static int request(struct manager *manager, const struct peer *peer, const char *name,
		   struct ring_event event)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, event.note, &ring);
	return r == 0 ? ring_handle(ring, &event) : r;
}

int manager_ring_start(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note)
{
	return request(
		manager, peer, name,
		(struct ring_event){.kind = REQUEST_START, .reply = {done, arg}, .note = note});
}

int manager_ring_pause(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note)
{
	return request(
		manager, peer, name,
		(struct ring_event){.kind = REQUEST_PAUSE, .reply = {done, arg}, .note = note});
}

int manager_ring_resume(struct manager *manager, const struct peer *peer, const char *name,
			ring_done done, void *arg, struct note *note)
{
	return request(
		manager, peer, name,
		(struct ring_event){.kind = REQUEST_RESUME, .reply = {done, arg}, .note = note});
}

/*
 * A client that polls the region may see the end of the work, and destroy the ring, before the host
 * reports it. The events report both, in order.
 */
static void stop_if_over(struct ring *ring)
{
	const struct ring_event over = {.kind = LOOP_FINISHED};

	if (ring->state == RING_RUNNING && outcome_work_over(ring))
		ring_handle(ring, &over);
}

static int end(struct manager *manager, const struct peer *peer, const char *name, bool ended_only,
	       struct ring_reply reply, struct note *note)
{
	struct ring_event event = {.kind = REQUEST_DESTROY, .reply = reply, .note = note};
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	stop_if_over(ring);
	if (ended_only && ring->state != RING_STOPPED && ring->state != RING_FAILED)
		return fault_ring_busy(note, name, "it has not ended, so it can only be destroyed");
	if (peer->user.uid == ring->uid)
		event.text = ended_only ? "its owner cleared it" : "its owner destroyed it";
	else
		event.text = ended_only ? "an administrator cleared it"
					: "an administrator destroyed it";
	return ring_handle(ring, &event);
}

int manager_ring_destroy(struct manager *manager, const struct peer *peer, const char *name,
			 ring_done done, void *arg, struct note *note)
{
	return end(manager, peer, name, false, (struct ring_reply){done, arg}, note);
}

int manager_ring_clear(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note)
{
	return end(manager, peer, name, true, (struct ring_reply){done, arg}, note);
}

int manager_ring_swap(struct manager *manager, const struct peer *peer, const char *name,
		      const char *program_name, uint64_t expected_generation, ring_done done,
		      void *arg, struct note *note)
{
	struct ring_event event = {
		.kind = REQUEST_SWAP,
		.reply = {done, arg},
		.note = note,
		.cause = CAUSE_SWAP,
		.expected_generation = expected_generation,
	};
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r == 0)
		r = catalogue_find(&manager->catalogue, program_name, note, &event.program);
	if (r == 0)
		r = manager_permits_program(manager, peer, event.program, note);
	if (r != 0)
		return r;
	if (program_is_opening(event.program))
		event.kind = REQUEST_SWAP_UNOPENED;
	return ring_handle(ring, &event);
}

int manager_ring_rollback(struct manager *manager, const struct peer *peer, const char *name,
			  uint64_t expected_generation, ring_done done, void *arg,
			  struct note *note)
{
	struct ring_event event = {
		.kind = REQUEST_SWAP,
		.reply = {done, arg},
		.note = note,
		.cause = CAUSE_ROLLBACK,
		.expected_generation = expected_generation,
	};
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	event.program = ring->probation.fallback;
	if (event.program)
		r = manager_permits_program(manager, peer, event.program, note);
	return r != 0 ? r : ring_handle(ring, &event);
}

int manager_ring_adopt(struct manager *manager, const struct peer *peer, const char *name,
		       const struct ring_adoption *adoption, ring_done done, void *arg,
		       struct note *note)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	if (ring->operation.step != STEP_CREATE_ADOPT)
		return fault_ring_busy(note, name, "it does not wait to be adopted");
	r = manager->rings.hosts->ops->set_runner(ring->host, peer->user.uid, peer->pid);
	if (r == -EPERM)
		return fault_not_permitted(note,
					   "the calling process does not listen on the ring's "
					   "lease: call listen(2) on it before AdoptRing");
	if (r == 0)
		r = adopt_check(ring, adoption->ring_fd, note);
	if (r != 0)
		return r;
	ring->region.head->identity.address = adoption->region_address;
	ring->region_fd = adoption->region_fd;
	ring_adopted(ring, adoption->ring_fd, (struct ring_reply){done, arg});
	return 0;
}

/*
 * The loop was left for a pause that is over by now, or to yield, which libiouctl of earlier
 * versions does not know: the application enters it again.
 */
static bool is_to_enter(const struct ring *ring, int result)
{
	uint32_t last = ring_dispatcher_last(&ring->dispatcher);

	return result >= 0 &&
	       (last == IOURD_STEP_YIELD ||
		(last == IOURD_STEP_PAUSED && !ring_dispatcher_paused(&ring->dispatcher)));
}

int manager_ring_report(struct manager *manager, const struct peer *peer, const char *name,
			int result, ring_done done, void *arg, struct note *note, bool *ret_pending)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	if (!ring->adopted || ring->state == RING_CREATING)
		return fault_ring_busy(note, name, "no application runs it");
	*ret_pending = false;
	if (is_to_enter(ring, result))
		return 0;
	ring_loop_returned(ring, result);
	*ret_pending = ring_reply_when_resumed(ring, (struct ring_reply){done, arg});
	return 0;
}
