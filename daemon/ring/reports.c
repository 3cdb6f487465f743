/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reports.c - what hosts and timers report, as events */
#include "ring/reports.h"

#include <errno.h>
#include <stdio.h>

#include "common/container-of.h"
#include "ring/context.h"
#include "ring/ledger.h"
#include "ring/machine.h"
#include "ring/outcome.h"

static void handle(struct ring *ring, enum ring_event_kind kind)
{
	const struct ring_event event = {.kind = kind};

	ring_handle(ring, &event);
}

static void host_ready(void *arg, int ring_fd)
{
	struct ring *ring = arg;

	if (ring->operation.step != STEP_CREATE_SET_UP)
		return;
	ring->ring_fd = ring_fd;
	ring_wait_over(ring, WAIT_HOST, 0, NULL);
}

static void host_refused(void *arg, enum control_stage stage, int error)
{
	struct note note = {};
	struct ring_event event = outcome_refused(stage, error, &note);

	ring_handle(arg, &event);
	note_done(&note);
}

static void host_running(void *arg)
{
	handle(arg, HOST_RUNNING);
}

static void host_paused(void *arg)
{
	handle(arg, HOST_PAUSED);
}

static void host_returned(void *arg, int result)
{
	ring_loop_returned(arg, result);
}

/* A restored ring's host has reported, or is gone: @awaited is what ring->awaited was. */
static void report(const struct ring_context *context, bool awaited)
{
	if (awaited)
		context->host_reported(context->arg);
}

/* The host, not the ledger, knows how the operation of an earlier daemon went on. */
static void follow_host(struct ring *ring, enum control_type found, int result)
{
	bool at_pause = ring_dispatcher_last(&ring->dispatcher) == IOURD_STEP_PAUSED;
	bool running = ring->state == RING_RUNNING;

	if (found == CONTROL_RUNNING && !running) {
		handle(ring, HOST_RUNNING);
	} else if (found == CONTROL_RUNNING && ring_dispatcher_paused(&ring->dispatcher)) {
		handle(ring, PAUSE_LOST);
	} else if (found == CONTROL_PAUSED) {
		ring_dispatcher_pause(&ring->dispatcher, true);
		handle(ring, HOST_PAUSED);
	} else if (found == CONTROL_RETURNED) {
		/* it may have been started or resumed, too, while no daemon listened */
		if (!running && !(ring->state == RING_PAUSED && at_pause))
			handle(ring, HOST_RUNNING);
		ring_loop_returned(ring, result);
	}
}

static void host_found(void *arg, enum control_type found, int result, int ring_fd)
{
	struct ring *ring = arg;
	const struct ring_context *context = ring->context;
	bool awaited = ring->awaited;

	ring->awaited = false;
	ring->ring_fd = ring_fd;
	if (ring->state < RING_STOPPED)
		follow_host(ring, found, result);
	report(context, awaited);
}

/* The host ends itself, unless somebody has stopped it: it is asked, and then killed. */
static void host_client_gone(void *arg)
{
	struct ring *ring = arg;

	ring->client_gone = true;
	handle(ring, CLIENT_GONE);
}

static void host_exited(void *arg, int code, int status)
{
	struct ring *ring = arg;
	struct ring_event event = outcome_exited(ring, code, status);
	const struct ring_context *context = ring->context;
	bool awaited = ring->awaited;

	ring->host_exited = true;
	ring->awaited = false;
	if (ring->state == RING_ENDING)
		ring_wait_over(ring, WAIT_HOST, 0, NULL);
	else
		ring_handle(ring, &event);
	report(context, awaited);
}

const struct host_callbacks ring_host_callbacks = {
	.ready = host_ready,
	.refused = host_refused,
	.running = host_running,
	.paused = host_paused,
	.returned = host_returned,
	.found = host_found,
	.client_gone = host_client_gone,
	.exited = host_exited,
};

/* The loop is in the kernel, and does not come back for a signal. */
static void pause_timed_out(struct ring *ring)
{
	struct ring_waiting waiting = {};
	struct note note = {};
	struct ring_event event = {.kind = TIMED_OUT, .note = &note};
	char text[WAITING_TEXT_MAX + 80];

	waiting_look(ring, &waiting);
	snprintf(text, sizeof(text), "it does not pause yet, but will when it can%s%s",
		 waiting.text ? ": " : "", waiting.text ?: "");
	event.r = fault_ring_busy(&note, ring->title.name, text);
	ring_handle(ring, &event);
	note_done(&note);
}

static void on_timeout(struct timer *timer)
{
	struct ring *ring = container_of(timer, struct ring, timer);
	bool adopting = ring->operation.step == STEP_CREATE_ADOPT;
	char text[80];
	struct ring_event event = {.kind = TIMED_OUT, .r = -ETIMEDOUT, .text = text};

	if (ring->operation.step == STEP_PAUSE) {
		pause_timed_out(ring);
		return;
	}
	if (adopting)
		snprintf(text, sizeof(text), "its application did not have it adopted in %d s",
			 ADOPT_PATIENCE_MS / 1000);
	else
		snprintf(text, sizeof(text), "its host was not ready in %d s",
			 CREATE_PATIENCE_MS / 1000);
	ring_handle(ring, &event);
}

static void on_check(struct timer *timer)
{
	struct probation *probation = container_of(timer, struct probation, timer);
	struct ring *ring = container_of(probation, struct ring, probation);
	enum probation_verdict verdict = probation_check(ring);
	struct ring_event event;

	if (verdict == PROBATION_PASSED) {
		ledger_update(ring);
	} else if (verdict == PROBATION_STALLED) {
		event = outcome_stalled(ring);
		ring_handle(ring, &event);
	}
}

void ring_init_timers(struct ring *ring)
{
	ring->timer.fire = on_timeout;
	probation_init(ring, on_check);
}
