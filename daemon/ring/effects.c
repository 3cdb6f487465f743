/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/effects.h"

#include <errno.h>
#include <string.h>

#include "ring/context.h"
#include "ring/create.h"
#include "ring/ending.h"
#include "ring/explain.h"
#include "ring/ledger.h"
#include "ring/swap-check.h"

static const struct hosts_ops *hosts_ops(const struct ring *ring)
{
	return ring->context->hosts->ops;
}

int order_host(struct ring *ring, enum control_type type)
{
	int r = hosts_ops(ring)->command(ring->host, type);

	return r == -EPIPE ? 0 : r;
}

static int order_pause(struct ring *ring)
{
	ring_dispatcher_pause(&ring->dispatcher, true);
	region_wake_doorbell(&ring->region);
	return order_host(ring, CONTROL_PAUSE);
}

static void kick(struct ring *ring)
{
	if (!ring->host)
		return;
	region_wake_doorbell(&ring->region);
	hosts_ops(ring)->kick(ring->host);
}

static int check_program(struct ring *ring, const struct ring_event *event, struct note *note)
{
	const struct ring_operation *operation = &ring->operation;
	bool unopened = event->kind == REQUEST_SWAP_UNOPENED;
	bool request = event->kind == REQUEST_SWAP || unopened;
	struct program *program = request ? event->program : operation->program;
	uint64_t expected = request ? event->expected_generation : operation->expected_generation;
	int r = swap_check_generation(ring, expected, note);

	if (unopened)
		return r; /* the rest is known when it is open */
	if (r == 0 && !program)
		r = fault_ring_busy(note, ring->title.name,
				    "it has no earlier program that ran well");
	if (r == 0)
		r = program_usable(program, note);
	return r == 0 ? swap_check(ring, program_info(program), note) : r;
}

static int explain_order(const struct ring *ring, int r, struct note *note)
{
	return r == -EAGAIN ? fault_ring_busy(note, ring->title.name, "its host reads no commands")
			    : r;
}

static int order_run(struct ring *ring, enum control_type type, struct note *note)
{
	bool paused = ring_dispatcher_paused(&ring->dispatcher);
	int r;

	ring_dispatcher_pause(&ring->dispatcher, false);
	r = order_host(ring, type);
	if (r < 0)
		ring_dispatcher_pause(&ring->dispatcher, paused);
	return explain_order(ring, r, note);
}

int attempt(struct ring *ring, enum ring_attempt what, const struct ring_event *event,
	    const struct host_callbacks *callbacks, struct note *note)
{
	int r;

	switch (what) {
	case ATTEMPT_SET_UP:
		return creation_set_up(ring, callbacks, note);
	case ATTEMPT_CHECK:
		return check_program(ring, event, note);
	case ATTEMPT_START: /* the flag may be set: of an adopted ring since it was attached */
		return order_run(ring, CONTROL_START, note);
	case ATTEMPT_PAUSE:
		r = order_pause(ring);
		if (r < 0)
			ring_dispatcher_pause(&ring->dispatcher, false);
		return explain_order(ring, r, note);
	case ATTEMPT_RESUME:
		return order_run(ring, CONTROL_RESUME, note);
	case ATTEMPT_NONE:
		break;
	}
	return 0;
}

static void cancel(struct ring *ring, const struct ring_event *event)
{
	struct ring_operation *operation = &ring->operation;

	program_forget(operation->program ?: ring->program, &ring->waiter);
	ring->cancelled.reply = operation->reply;
	ring->cancelled.r = event->r;
	if (event->r > 0)
		note_move(&ring->cancelled.note, event->note);
	operation->reply = (struct ring_reply){};
	operation->returned = false;
}

/* The next program finds the work going on, as far as the daemon can write that. */
static void revive_work(struct ring *ring)
{
	struct iourd_head *head = ring->region.head;

	if (!head || __atomic_load_n(&head->progress.state, __ATOMIC_ACQUIRE) != IOURD_WORK_FAILED)
		return;
	head->progress.error = 0;
	__atomic_store_n(&head->progress.state, IOURD_WORK_RUNNING, __ATOMIC_RELEASE);
}

static void install(struct ring *ring)
{
	const struct ring_operation *operation = &ring->operation;

	if (operation->cause == CAUSE_SWAP) {
		probation_swapped(ring, operation->program);
	} else {
		probation_end(ring);
		probation_rolled_back(ring, operation->cause == CAUSE_FAILURE);
		ring->error = 0;
	}
	if (operation->cause == CAUSE_ROLLBACK)
		ring_set_reason(ring, strdup("rolled back by request"));
	if (operation->step == STEP_ROLL_BACK_RESUME)
		revive_work(ring);
	ring_publish(ring);
	ring_emit(ring, operation->cause == CAUSE_SWAP ? EVENT_SWAPPED : EVENT_ROLLED_BACK);
}

void apply_effects(struct ring *ring, unsigned int effects, const struct ring_event *event)
{
	if (effects & EFFECT_EXPLAIN)
		explain(ring, event);
	if (effects & EFFECT_CLEAR_REASON) {
		ring_set_reason(ring, NULL);
		ring->error = 0;
	}
	if (effects & EFFECT_CANCEL)
		cancel(ring, event);
	if (effects & EFFECT_END_PROBATION)
		probation_end(ring);
	if (effects & EFFECT_BEGIN_PROBATION ||
	    (effects & EFFECT_RESUME_PROBATION && !ring->probation.passed && !ring->probation.on))
		probation_begin(ring);
	if (effects & EFFECT_HOLD)
		ring_dispatcher_pause(&ring->dispatcher, true);
	if (effects & EFFECT_FORCE_PAUSE && order_pause(ring) < 0)
		hosts_ops(ring)->kick(ring->host); /* its next step meets the flag */
	if (effects & EFFECT_INSTALL)
		install(ring);
	if (effects & EFFECT_KICK)
		kick(ring);
	if (effects & EFFECT_COMMIT) {
		ring->announced = true;
		ledger_begin(ring);
		ring->context->clock->cancel(ring->context->clock, &ring->timer);
	}
	if (effects & EFFECT_PUBLISH)
		ring_publish(ring);
	if (effects & EFFECT_JOIN)
		ring->destroyed = event->reply;
	if (effects & EFFECT_KILL && ring->host && !ring->host_exited)
		ending_kill(ring);
}
