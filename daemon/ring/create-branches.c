/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create-branches.c - what goes on while a ring is made, and how that ends */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ring/adopt.h"
#include "manager/context.h"
#include "ring/create-inside.h"
#include "ring/create.h"
#include "ring/reasons.h"
#include "ring/ring.h"
#include "common/cleanup.h"
#include "common/container-of.h"

#define ADOPT_PATIENCE_MS 10000 /* for its application, once it is prepared */

void create_free(struct create *create)
{
	if (!create)
		return;
	wanted_done(&create->wanted);
	for (int i = 0; i < 2; i++)
		if (create->lease[i] >= 0)
			close(create->lease[i]);
	note_done(&create->note);
	free(create);
}

int create_lease(const struct create *create)
{
	return create->lease[LEASE_CLIENT];
}

void create_fail(struct ring *ring, int r, struct note *note)
{
	struct create *create = ring->create;

	if (ring->phase != PHASE_CREATING) {
		if (note)
			note_done(note);
		return;
	}
	create->result = r;
	if (note)
		note_move(&create->note, note);
	if (!ring->reason && r < 0)
		ring_explain(ring, "%s", strerror(-r));
	if (!ring->error && r < 0)
		ring->error = -r;
	ring_input(ring, INPUT_BROKEN);
}

/* ---- the three branches ---- */

static void attached(void *arg, int r)
{
	struct ring *ring = arg;
	const struct kern_ops *ops = ring->manager->kern->ops;

	ring->kernel_id = ops->program_kernel_id(ring->program->kern_program);

	if (ring->phase == PHASE_ENDING)
		ring_end_continue(ring);
	else if (r != 0 && ring->adopted)
		adopt_refuse(ring, r);
	else if (r != 0)
		create_fail(ring, r < 0 ? r : -EOPNOTSUPP, NULL);
	else
		ring_input(ring, INPUT_ATTACHED);
}

/* Its application is to go on. */
static void prepared(struct ring *ring)
{
	struct create *create = ring->create;
	struct clock_port *clock = ring->manager->clock;

	create->prepared = true;
	dispatch_pause(&ring->dispatch, true); /* until StartRing */
	clock->start(clock, &ring->timer, ADOPT_PATIENCE_MS);
	ring_answer(ring, &ring->request, 0, NULL);
	safe_close(create->lease[LEASE_CLIENT]);
	create->lease[LEASE_CLIENT] = -1;
}

static void attach_if_ready(struct ring *ring)
{
	struct create *create = ring->create;

	if (!create->loaded || !create->made)
		return;
	if (ring->adopted && !create->prepared)
		prepared(ring);
	if (create->ring_fd < 0)
		return;
	dispatch_attach(&ring->dispatch, ring->program->kern_program,
			ring->manager->hosts->ops->pidfd(ring->host), create->ring_fd, attached,
			ring);
}

void create_dispatcher_made(void *arg, int r)
{
	struct ring *ring = arg;
	struct note note = {};

	if (ring->phase == PHASE_ENDING) {
		ring_end_continue(ring);
	} else if (r == -EEXIST) {
		r = fault_ring_busy(&note, ring->name, RING_NAME_FOREIGN);
		create_fail(ring, r, &note);
	} else if (r != 0) {
		create_fail(ring, r < 0 ? r : -EOPNOTSUPP, NULL);
	} else {
		ring->create->made = true;
		attach_if_ready(ring);
	}
}

void create_program_loaded(struct program_waiter *waiter, int r, const struct note *note)
{
	struct create *create = container_of(waiter, struct create, waiter);
	struct note copy = {};

	if (r > 0)
		r = program_note_copy(note, &copy);
	if (r != 0) {
		create_fail(create->ring, r, &copy);
		return;
	}
	create->loaded = true;
	attach_if_ready(create->ring);
}

bool create_awaits_adoption(const struct ring *ring)
{
	return ring->create && ring->create->prepared && ring->create->ring_fd < 0;
}

void create_host_ready(struct ring *ring, int ring_fd)
{
	ring->create->ring_fd = ring->ring_fd = ring_fd;
	attach_if_ready(ring);
}

/* Pages that a ring pins are the user's locked memory: the host's limit of that was too small. */
static int fault_locked_memory(struct note *note)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -ENOMEM;
	return fault_quota_exceeded(note, "lockedMemory", limit.rlim_cur);
}

void create_host_refused(struct ring *ring, enum control_stage stage, int error)
{
	struct note note = {};
	int r = -error;

	reason_refused(ring, control_stage_text(stage), error);
	if (error == ENOMEM &&
	    (stage == STAGE_RING || stage == STAGE_REGION || stage == STAGE_BUFFERS))
		r = fault_locked_memory(&note);
	create_fail(ring, r, &note);
}

void create_timeout(struct ring *ring)
{
	if (ring->create->prepared)
		ring_explain(ring, "its application did not have it adopted in %d s",
			     ADOPT_PATIENCE_MS / 1000);
	else
		ring_explain(ring, "its host was not ready in %d s", CREATE_PATIENCE_MS / 1000);
	create_fail(ring, -ETIMEDOUT, NULL);
}

/* ---- its end ---- */

void create_finish(struct ring *ring)
{
	struct create *create = ring->create;
	struct clock_port *clock = ring->manager->clock;
	struct ring_reply reply = ring->request;
	struct ring_view view;

	clock->cancel(clock, &ring->timer);
	ring_view_fill(ring, &view);
	ring->request = (struct ring_reply){};
	ring->create = NULL;
	reply.done(reply.arg, 0, NULL, &view);
	create_free(create);
}

void create_abandon(struct ring *ring)
{
	program_forget(ring->program, &ring->create->waiter);
}

int create_result(struct ring *ring, struct note *ret_note)
{
	struct create *create = ring->create;

	if (create->result < 0)
		return create->result;
	if (create->result > 0)
		note_move(ret_note, &create->note);
	else
		create->result = fault_ring_busy(ret_note, ring->name,
						 ring->reason ? ring->reason : "it ended");
	return create->result;
}
