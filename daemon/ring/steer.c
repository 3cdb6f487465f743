/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* steer.c - a ring's way from phase to phase: requests and host events through the table */
#include <assert.h>
#include <errno.h>

#include "manager/context.h"
#include "ring/create.h"
#include "ring/ledger.h"
#include "ring/reasons.h"
#include "ring/restore.h"
#include "ring/ring.h"

/* A host that is going away says so by its exit, which every request under way is told of. */
static int command(struct ring *ring, enum control_type type)
{
	int r = ring->manager->hosts->ops->command(ring->host, type);

	return r == -EPIPE ? 0 : r;
}

/* What a request asks of the host, before the phase changes: if it fails, nothing has changed. */
static int ask_host(struct ring *ring, enum action action)
{
	int r;

	switch (action) {
	case ACTION_START:
		if (ring->adopted) /* set since before it was attached */
			dispatch_pause(&ring->dispatch, false);
		return command(ring, CONTROL_START);
	case ACTION_PAUSE:
		dispatch_pause(&ring->dispatch, true);
		region_stir(&ring->region);
		r = command(ring, CONTROL_PAUSE);
		if (r < 0)
			dispatch_pause(&ring->dispatch, false);
		return r;
	case ACTION_RESUME:
		dispatch_pause(&ring->dispatch, false);
		r = command(ring, CONTROL_RESUME);
		if (r < 0)
			dispatch_pause(&ring->dispatch, true);
		return r;
	default:
		return 0;
	}
}

static void tell(struct ring *ring, enum event_kind kind)
{
	ring_publish(ring);
	ring_event(ring, kind);
}

/* Each ends with its only answer: that may make new requests, but cannot free the ring. */
static void follow(struct ring *ring, enum phase from, enum action action)
{
	switch (action) {
	case ACTION_CREATED:
		ring->announced = true;
		ledger_begin(ring);
		tell(ring, EVENT_CREATED);
		create_finish(ring);
		break;
	case ACTION_STARTED:
		probation_begin(ring);
		tell(ring, EVENT_STARTED);
		ring_answer(ring, &ring->request, 0, NULL);
		break;
	case ACTION_PAUSED:
		tell(ring, EVENT_PAUSED);
		ring_answer(ring, &ring->request, 0, NULL);
		break;
	case ACTION_RESUMED:
		ring_explain_nothing(ring);
		if (!ring->probation.passed && !probation_is_on(ring))
			probation_begin(ring); /* it was paused because it broke */
		tell(ring, EVENT_RESUMED);
		ring_answer(ring, &ring->request, 0, NULL);
		break;
	case ACTION_STOPPED:
		probation_end(ring);
		reason_stopped(ring);
		tell(ring, EVENT_STOPPED);
		if (from == PHASE_PAUSING)
			ring_answer_busy(ring, &ring->request, "it stopped before it could pause");
		else
			ring_answer(ring, &ring->request, 0, NULL);
		break;
	case ACTION_BROKEN:
		dispatch_pause(&ring->dispatch, true);
		tell(ring, EVENT_PAUSED);
		ring_answer_busy(ring, &ring->request, "its program failed");
		break;
	case ACTION_ROLL:
		ring_publish(ring);
		break;
	case ACTION_ROLLED:
		ring_publish(ring);
		ring_answer(ring, &ring->request, 0, NULL);
		break;
	case ACTION_FAILED:
		probation_end(ring);
		tell(ring, EVENT_FAILED);
		ring_answer_busy(ring, &ring->request, "it failed");
		break;
	case ACTION_END:
		ring_end(ring);
		break;
	case ACTION_GONE:
		ring_end_continue(ring);
		break;
	default:
		break;
	}
}

void ring_input(struct ring *ring, enum input input)
{
	const struct transition *transition = states_transition(ring->phase, input);
	enum phase from = ring->phase;

	ring->phase = transition->next;
	follow(ring, from, transition->action);
}

int ring_request(struct ring *ring, enum input input, ring_done done, void *arg, struct note *note)
{
	const struct transition *transition = states_transition(ring->phase, input);
	struct ring_reply reply = {.done = done, .arg = arg};
	int r;

	if (transition->action == ACTION_REFUSE)
		return fault_ring_busy(note, ring->name, transition->refusal);
	if (input == INPUT_DESTROY) {
		if (ring->destroy.done)
			return fault_ring_busy(note, ring->name, "it is being destroyed already");
		ring->destroy = reply;
	} else if (ring->swap.program) {
		return fault_ring_busy(note, ring->name, "a swap is under way");
	} else if (transition->action != ACTION_SWAP) {
		r = ask_host(ring, transition->action);
		if (r < 0)
			return r;
		ring->request = reply;
	}
	ring_input(ring, input);
	return 0;
}

/* ---- what the host says ---- */

static void host_ready(void *arg, int ring_fd)
{
	struct ring *ring = arg;

	if (ring->phase == PHASE_CREATING)
		create_host_ready(ring, ring_fd);
}

static void host_refused(void *arg, enum control_stage stage, int error)
{
	struct ring *ring = arg;

	if (ring->phase == PHASE_CREATING) {
		create_host_refused(ring, stage, error);
	} else if (ring->phase == PHASE_STARTING) {
		reason_refused(ring, control_stage_text(stage), error);
		ring_input(ring, INPUT_BROKEN);
	}
}

static void host_running(void *arg)
{
	ring_input(arg, INPUT_RUNNING);
}

static void host_paused(void *arg)
{
	ring_input(arg, INPUT_PAUSED);
}

static bool work_failed(const struct ring *ring)
{
	const struct iourd_head *head = ring->region.head;

	return head &&
	       __atomic_load_n(&head->progress.state, __ATOMIC_ACQUIRE) == IOURD_WORK_FAILED;
}

void ring_run_again(struct ring *ring)
{
	command(ring, CONTROL_RESUME);
}

void ring_array_changed(struct ring *ring)
{
	bool returned = ring->swap.returned;

	ring->swap.returned = false;
	if (returned && ring->phase != PHASE_ENDING)
		ring_returned(ring, ring->swap.result);
}

void ring_returned(struct ring *ring, int result)
{
	uint32_t last = dispatch_last(&ring->dispatch);

	if (ring->swap.program && ring->dispatch.busy) {
		ring->swap.returned = true;
		ring->swap.result = result;
		return;
	}
	if (result >= 0 && last == IOURD_STEP_PAUSED) {
		ring_input(ring, INPUT_RETURNED_PAUSED);
	} else if (result >= 0 && last == IOURD_STEP_PROGRAM &&
		   !(probation_is_on(ring) && work_failed(ring))) {
		ring_input(ring, INPUT_RETURNED_PROGRAM);
	} else if (states_transition(ring->phase, INPUT_BROKE)->action != ACTION_NONE) {
		if (result >= 0 && last == IOURD_STEP_PROGRAM)
			reason_stopped(ring);
		else
			reason_returned(ring, result < 0 ? result : 0);
		if (result == -EFAULT) /* the dispatcher is gone: no program can help */
			ring_input(ring, INPUT_RETURNED_ERROR);
		else
			probation_broke(ring, true);
	}
}

static void host_returned(void *arg, int result)
{
	ring_returned(arg, result);
}

static void no_longer_awaited(struct ring *ring)
{
	struct manager *manager = ring->manager;

	if (!ring->awaited)
		return;
	ring->awaited = false;
	if (manager->observer.host_reported)
		manager->observer.host_reported(manager->observer.arg);
}

static void host_found(void *arg, enum control_type state, int result, int ring_fd)
{
	struct ring *ring = arg;

	ring_found(ring, state, result, ring_fd);
	no_longer_awaited(ring);
}

/* The host ends itself, unless somebody has stopped it: it is asked, and then killed. */
static void host_client_gone(void *arg)
{
	struct ring *ring = arg;

	ring->client_gone = true;
	if (ring->phase == PHASE_ENDING)
		return;
	ring_explain(ring, "its client is gone");
	ring_input(ring, INPUT_DESTROY);
}

static void host_exited(void *arg, int code, int status)
{
	struct ring *ring = arg;
	bool client_gone;

	ring->host_exited = true;
	no_longer_awaited(ring);
	if (ring->phase != PHASE_ENDING && ring->phase != PHASE_FAILED) {
		client_gone = reason_exited(ring, code, status);
		if (!client_gone && ring->announced)
			ring_event(ring, EVENT_FAILED);
	}
	ring_input(ring, INPUT_EXITED);
}

void ring_pause_again(struct ring *ring)
{
	if (ask_host(ring, ACTION_PAUSE) == 0)
		ring->phase = PHASE_PAUSING;
}

static const struct host_callbacks callbacks = {
	.ready = host_ready,
	.refused = host_refused,
	.running = host_running,
	.paused = host_paused,
	.returned = host_returned,
	.found = host_found,
	.client_gone = host_client_gone,
	.exited = host_exited,
};

int ring_take_over_host(struct ring *ring, const struct host_takeover *takeover, int *ret_region_fd)
{
	return ring->manager->hosts->ops->take_over(ring->manager->hosts, takeover, &callbacks,
						    ring, ret_region_fd, &ring->host);
}

int ring_adopt_host(struct ring *ring, int *ret_lease_fd)
{
	return ring->manager->hosts->ops->adopt(ring->manager->hosts, ring->name, &callbacks, ring,
						ret_lease_fd, &ring->host);
}

int ring_start_host(struct ring *ring, const struct host_setup *setup)
{
	return ring->manager->hosts->ops->start(ring->manager->hosts, setup, &callbacks, ring,
						&ring->host);
}
