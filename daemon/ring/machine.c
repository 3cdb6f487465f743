/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/machine.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/container-of.h"
#include "ring/adopt.h"
#include "ring/context.h"
#include "ring/create.h"
#include "ring/effects.h"
#include "ring/ending.h"
#include "ring/ledger.h"
#include "ring/outcome.h"
#include "util/log.h"

#define END_PATIENCE_MS	  2000
#define PAUSE_PATIENCE_MS 3000 /* a loop that does not wait in the kernel leaves it at once */
/*
 * Detaching waits for the lock of the ring while it holds a lock that all rings of the machine
 * share. An application that keeps the lock of its ring is killed.
 */
#define DETACH_PATIENCE_MS 5000

static const struct hosts_ops *hosts_ops(const struct ring *ring)
{
	return ring->context->hosts->ops;
}

static void start_timer(struct ring *ring, unsigned int ms)
{
	ring->context->clock->start(ring->context->clock, &ring->timer, ms);
}

/* ---- what a step waits for ---- */

void ring_wait_over(struct ring *ring, unsigned int wait, int r, struct note *note)
{
	struct ring_operation *operation = &ring->operation;
	struct ring_event event = {.kind = STEP_DONE, .r = r, .note = note};

	if (!(operation->waits & wait))
		return;
	operation->waits &= ~wait;
	if (r != 0 && operation->step != STEP_END_DRAIN)
		event.kind = STEP_FAILED;
	else if (operation->waits != 0)
		return;
	else if (operation->step == STEP_CREATE_SET_UP && ring->adopted)
		event.kind = STEP_PREPARED;
	ring_handle(ring, &event);
}

static void program_ready(struct program_waiter *waiter, int r, const struct note *why)
{
	struct ring *ring = container_of(waiter, struct ring, waiter);
	struct note note = {};

	if (r > 0)
		r = program_note_copy(why, &note);
	ring_wait_over(ring, WAIT_PROGRAM, r, &note);
	note_done(&note);
}

static uint32_t kernel_id(const struct ring *ring, const struct program *program)
{
	return ring->context->kern->ops->program_kernel_id(program->kern_program);
}

/* The operation's program is in the array: it and the ring's change places. */
static void exchange_programs(struct ring *ring)
{
	struct program *old = ring->program;

	ring->program = ring->operation.program;
	ring->operation.program = old;
	ring->kernel_id = kernel_id(ring, ring->program);
	ring->generation++;
}

static void job_done(void *arg, int r)
{
	struct ring *ring = arg;
	struct note note = {};

	/* also of an operation that was cancelled meanwhile */
	if (r == 0 && ring->operation.program && ring->operation.step != STEP_END_RELEASE)
		exchange_programs(ring);
	if (ring->operation.step == STEP_CREATE_SET_UP && r == -EEXIST)
		r = fault_ring_busy(&note, ring->title.name, RING_NAME_FOREIGN);
	else if (ring->operation.step == STEP_CREATE_ATTACH && r == 0)
		ring->kernel_id = kernel_id(ring, ring->program);
	else if (ring->operation.step == STEP_CREATE_ATTACH && ring->adopted)
		r = adopt_fault(ring, r, &note);
	ring_wait_over(ring, WAIT_JOB, r, &note);
	note_done(&note);
}

static void region_emptied(void *arg, int r)
{
	struct ring *ring = arg;

	if (r < 0)
		log_of_client(LOG_LEVEL_WARNING, ring->uid,
			      "ring %s: the memory of its param region cannot be freed, and counts "
			      "towards the limits of user %u until nobody uses the region: %s",
			      ring->full, (unsigned int)ring->uid, strerror(-r));
	ring_wait_over(ring, WAIT_REGION, 0, NULL);
}

/* Its client may keep the region, but not the memory. */
static void empty_region(struct ring *ring)
{
	if (ring->region.data_size == 0)
		return;
	ring->operation.waits |= WAIT_REGION;
	emptying_begin(&ring->emptying, ring->context->executor, ring->uid, &ring->region,
		       region_emptied, ring);
}

static void wait_for_program(struct ring *ring, struct program *program,
			     bool (*await)(struct program *, struct program_waiter *))
{
	ring->waiter.ready = program_ready;
	if (await(program, &ring->waiter))
		ring->operation.waits |= WAIT_PROGRAM;
}

/* Begins what the step does, and sets what it waits for. -errno: the step has failed. */
static int enter_step(struct ring *ring)
{
	struct ring_operation *operation = &ring->operation;
	const struct kern_program *change =
		operation->program ? operation->program->kern_program : NULL;

	switch (operation->step) {
	case STEP_CREATE_OPEN:
		wait_for_program(ring, ring->program, program_await_open);
		break;
	case STEP_CREATE_SET_UP:
		start_timer(ring, CREATE_PATIENCE_MS);
		operation->waits = WAIT_JOB | (ring->adopted ? 0 : WAIT_HOST);
		wait_for_program(ring, ring->program, program_await_loaded);
		ring_dispatcher_make(&ring->dispatcher, job_done, ring);
		break;
	case STEP_CREATE_ADOPT:
		start_timer(ring, ADOPT_PATIENCE_MS);
		ring_dispatcher_pause(&ring->dispatcher, true); /* until StartRing */
		operation->waits = WAIT_HOST;
		break;
	case STEP_CREATE_ATTACH:
		operation->waits = WAIT_JOB;
		ring_dispatcher_expect(&ring->dispatcher, ring->made_of.sq_entries,
				       ring->made_of.cq_entries);
		ring_dispatcher_attach(&ring->dispatcher, ring->program->kern_program,
				       hosts_ops(ring)->pidfd(ring->host), ring->ring_fd, job_done,
				       ring);
		break;
	case STEP_PAUSE:
		start_timer(ring, PAUSE_PATIENCE_MS);
		operation->waits = WAIT_HOST;
		break;
	case STEP_START:
	case STEP_RESUME:
		operation->waits = WAIT_HOST;
		break;
	case STEP_ROLL_BACK_RESUME:
		operation->waits = WAIT_HOST;
		return order_host(ring, CONTROL_RESUME);
	case STEP_SWAP_OPEN:
		wait_for_program(ring, operation->program, program_await_open);
		break;
	case STEP_SWAP_LOAD:
	case STEP_REPLACE_LOAD:
	case STEP_ROLL_BACK_LOAD:
		wait_for_program(ring, operation->program, program_await_loaded);
		break;
	case STEP_SWAP_UPDATE:
	case STEP_REPLACE_UPDATE:
	case STEP_ROLL_BACK_UPDATE:
		operation->waits = WAIT_JOB;
		ledger_announce(ring, operation->program, ring->generation + 1);
		ring_dispatcher_swap(&ring->dispatcher, change, job_done, ring);
		break;
	case STEP_END_DRAIN:
		start_timer(ring, ring->adopted ? DETACH_PATIENCE_MS : END_PATIENCE_MS);
		operation->waits = ending_begin(ring);
		break;
	case STEP_END_RELEASE:
		operation->waits = WAIT_JOB;
		ring_publish(ring);
		ring_dispatcher_remove(&ring->dispatcher, job_done, ring);
		empty_region(ring);
		break;
	case STEP_NONE:
	case STEP_MAX:
		break;
	}
	return 0;
}

/* ---- transitions ---- */

static void announce(struct ring *ring, enum event_kind kind)
{
	if (kind == EVENT_FAILED && ring->state == RING_ENDING) {
		ring_emit(ring, kind); /* the ring's end publishes */
		return;
	}
	ring_publish(ring);
	ring_emit(ring, kind);
}

static struct ring_reply take_reply(struct ring *ring)
{
	struct ring_reply reply = ring->operation.reply;

	ring->operation.reply = (struct ring_reply){};
	return reply;
}

static void send_reply(struct ring *ring, const struct transition *rule, struct ring_reply *reply,
		       const struct ring_event *event)
{
	struct note note = {};
	int r;

	switch (rule->reply) {
	case REPLY_NONE:
		return;
	case REPLY_DONE:
		ring_reply(ring, reply, 0, NULL);
		break;
	case REPLY_BUSY:
		r = ring_fault_busy(ring, rule->text, &note);
		ring_reply(ring, reply, r, &note);
		note_done(&note);
		break;
	case REPLY_RESULT:
		ring_reply(ring, reply, event->r, event->note);
		break;
	}
}

/* The receiver of the reply has its copies of what the request left here. */
static void end_creation(struct ring *ring)
{
	if (ring->creation && ring->operation.step == STEP_CREATE_ADOPT)
		creation_close_lease(ring->creation);
	if (ring->state == RING_CREATING)
		return;
	creation_free(ring->creation);
	ring->creation = NULL;
}

static bool is_update(enum ring_step step)
{
	return step == STEP_SWAP_UPDATE || step == STEP_REPLACE_UPDATE;
}

/* Ends the operation; its reply is left to the caller. */
static struct ring_reply end_operation(struct ring *ring)
{
	struct ring_reply reply = ring->operation.reply;

	program_forget(ring->operation.program, &ring->waiter);
	program_release(ring->operation.program);
	ring->operation = (struct ring_operation){};
	return reply;
}

/* Sets state and step, and the operation if one begins or ends. */
static void change(struct ring *ring, const struct transition *rule, const struct ring_event *event)
{
	struct ring_operation *operation = &ring->operation;

	if (operation->step == STEP_NONE && !(rule->effects & EFFECT_CANCEL)) {
		operation->reply = event->reply;
		operation->cause = event->cause;
		operation->program = event->program;
		operation->expected_generation = event->expected_generation;
		if (operation->program)
			program_hold(operation->program);
	}
	ring->state = rule->state;
	operation->step = rule->step;
}

/* What is due after the transition is complete. May free the ring. */
static int follow_up(struct ring *ring, bool entered, int entry_result, bool returned, int result)
{
	struct ring_event event = {.kind = STEP_DONE};

	if (entered && entry_result < 0) {
		event = (struct ring_event){
			.kind = STEP_FAILED,
			.r = entry_result,
			.text = "its host could not be ordered to enter the loop again",
		};
		return ring_handle(ring, &event);
	}
	if (entered && ring->operation.waits == 0)
		return ring_handle(ring, &event);
	if (returned && ring->state != RING_ENDING)
		ring_loop_returned(ring, result);
	else if (ring->context->stopping && !ring->dispatcher.busy &&
		 (ring->state != RING_ENDING || ring->stuck))
		ending_leave(ring);
	return 0;
}

void ring_loop_returned(struct ring *ring, int result)
{
	struct ring_event event;

	if (is_update(ring->operation.step)) { /* it is not known yet which program it was */
		ring->operation.returned = true;
		ring->operation.result = result;
		return;
	}
	event = outcome_returned(ring, result);
	ring_handle(ring, &event);
}

int ring_handle(struct ring *ring, const struct ring_event *event)
{
	const enum ring_step from = ring->operation.step;
	const struct transition rule = transition(ring->state, from, event->kind);
	struct note note = {};
	struct ring_event failed = {.kind = STEP_FAILED, .note = &note};
	bool request = event->kind <= REQUEST_DESTROY, entered = false, returned;
	struct ring_reply reply = {};
	int r, result, entry_result = 0;

	if (rule.refusal)
		return fault_ring_busy(event->note, ring->title.name, rule.refusal);
	if (rule.effects & EFFECT_JOIN && ring->stuck)
		return ring_fault_busy(ring, "it is ending", event->note);
	if (rule.effects & EFFECT_JOIN && ring->destroyed.done)
		return fault_ring_busy(event->note, ring->title.name,
				       "it is being destroyed already");
	r = attempt(ring, rule.attempt, event, ring->context->host_callbacks,
		    request ? event->note : &note);
	if (r != 0 && request)
		return r;
	if (r != 0) {
		failed.r = r;
		ring_handle(ring, &failed);
		note_done(&note);
		return 0;
	}
	if (rule.effects & EFFECT_FREE) {
		ending_finish(ring);
		return 0;
	}
	change(ring, &rule, event);
	apply_effects(ring, rule.effects, event);
	if (rule.announce != NO_ANNOUNCEMENT)
		announce(ring, (enum event_kind)rule.announce);
	returned = ring->operation.returned && !is_update(rule.step);
	result = ring->operation.result;
	if (returned)
		ring->operation.returned = false;
	if (rule.step == STEP_NONE && from != STEP_NONE) {
		reply = end_operation(ring);
	} else if (rule.step != from) {
		entered = true;
		ring->operation.waits = 0;
		entry_result = enter_step(ring);
		if (rule.reply != REPLY_NONE)
			reply = take_reply(ring);
	}
	send_reply(ring, &rule, &reply, event);
	if (rule.reply != REPLY_NONE)
		end_creation(ring);
	return follow_up(ring, entered, entry_result, returned, result);
}

void ring_adopted(struct ring *ring, int ring_fd, struct ring_reply reply)
{
	ring->ring_fd = ring_fd;
	ring->operation.reply = reply;
	ring_wait_over(ring, WAIT_HOST, 0, NULL);
}

bool ring_reply_when_resumed(struct ring *ring, struct ring_reply reply)
{
	struct ring_operation *operation = &ring->operation;

	if (operation->step < STEP_ROLL_BACK_LOAD || operation->step > STEP_ROLL_BACK_RESUME ||
	    operation->reply.done)
		return false;
	operation->reply = reply;
	return true;
}
