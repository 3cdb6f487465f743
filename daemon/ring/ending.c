/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/ending.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring/context.h"
#include "ring/ledger.h"
#include "ring/outcome.h"
#include "ring/rename.h"
#include "ring/ring.h"
#include "ring/title.h"
#include "util/log.h"

/* A process that can end does so at once. */
#define KILL_PATIENCE_MS 2000

static const struct hosts_ops *hosts_ops(const struct ring *ring)
{
	return ring->context->hosts->ops;
}

unsigned int ending_begin(struct ring *ring)
{
	unsigned int waits = ring->dispatcher.busy ? WAIT_JOB : 0;
	int r;

	probation_end(ring);
	ledger_update(ring);
	if (ring->adopted) {
		/* the loop ends with the step that it is at */
		ring_dispatcher_pause(&ring->dispatcher, true);
		region_wake_doorbell(&ring->region);
	} else if (ring->host && !ring->host_exited) {
		waits |= WAIT_HOST;
		r = hosts_ops(ring)->command(ring->host, CONTROL_END);
		if (r < 0 && r != -EPIPE) /* -EPIPE: it is exiting already */
			hosts_ops(ring)->kill(ring->host);
	}
	return waits;
}

/* The name is free for another ring. What has a name in the file system has it taken there. */
static bool give_name_back(struct ring *ring)
{
	struct ring_context *context = ring->context;
	char old[RING_KEY_MAX], key[RING_KEY_MAX];
	const struct ring_end end = {
		.key = old,
		.declared = ring->declared,
		.finished = ring->destroyed.done || outcome_work_over(ring),
	};
	int r = -EBUSY;

	if (!ring->dispatcher.busy)
		r = ring_rename(context->hosts, context->kern, ring->dispatcher.kern_dispatch,
				ring->key, key);
	if (r == -EALREADY)
		return false;
	if (r < 0) {
		log_warning("ring %s keeps its name: %s", ring->full, strerror(-r));
		return false;
	}
	strcpy(old, ring->key);
	strcpy(ring->key, key);
	title_of_key(ring->key, ring->full, &ring->title);
	ring->declared = false;
	if (ring->announced)
		context->renamed(context->arg, &end);
	return true;
}

/* From malloc; NULL: no memory. @now: what the ring is called since then; or NULL. */
static char *reason_stuck(struct ring *ring, const char *now)
{
	int pid = (int)hosts_ops(ring)->pid(ring->host);
	struct ring_waiting waiting = {};
	char *reason, where[120];

	snprintf(where, sizeof(where),
		 "it waits in the kernel, perhaps for a file that does not answer; /proc/%d/stack "
		 "shows where",
		 pid);
	waiting_look(ring, &waiting);
	if (asprintf(&reason, "its process %d was killed and does not end: %s%s%s%s", pid,
		     waiting.text ?: where, now ? "; until it ends, the ring is called " : "",
		     now ?: "", now ? ", and its name is free" : "") < 0)
		return NULL;
	return reason;
}

static void reply_that_it_is_stuck(struct ring *ring)
{
	char name[RING_KEY_MAX], text[512];
	struct note note = {};
	int r;

	ring->stuck = true;
	ring_set_reason(ring, reason_stuck(ring, NULL));
	log_of_client(LOG_LEVEL_WARNING, ring->uid, "ring %s of user %u is not gone: %s",
		      ring->full, (unsigned int)ring->uid, ring->reason ?: "no memory");
	ring_publish(ring); /* whoever waits in the region waits for nothing */
	if (ring->announced)
		ring_emit(ring, EVENT_FAILED);
	strcpy(name, ring->title.name);
	if (give_name_back(ring))
		ring_set_reason(ring, reason_stuck(ring, ring->title.name));
	snprintf(text, sizeof(text), "it is ending: %s", ring->reason ?: "no memory");
	r = fault_ring_busy(&note, name, text);
	ring_reply(ring, &ring->destroyed, r, &note);
	note_done(&note);
}

void ending_kill(struct ring *ring)
{
	struct clock_port *clock = ring->context->clock;

	if (ring->killed) {
		reply_that_it_is_stuck(ring);
		return;
	}
	ring->killed = true;
	hosts_ops(ring)->kill(ring->host);
	clock->start(clock, &ring->timer, KILL_PATIENCE_MS);
}

/* The result of the operation that the end cancelled. */
static int cancelled_result(const struct ring *ring, struct note *note)
{
	if (ring->cancelled.r != 0)
		return ring->cancelled.r;
	if (ring->creation)
		return fault_ring_busy(note, ring->title.name, ring->reason ?: "it ended");
	return ring_fault_busy(ring, "it ended", note);
}

void ending_finish(struct ring *ring)
{
	struct ring_context *context = ring->context;
	struct ring_reply cancelled = ring->cancelled.reply, destroyed = ring->destroyed;
	const bool announced = ring->announced;
	char key[RING_KEY_MAX];
	const struct ring_end end = {
		.key = key,
		.declared = ring->declared,
		.finished = destroyed.done || outcome_work_over(ring),
	};
	struct note note = {};
	int r;

	snprintf(key, sizeof(key), "%s", ring->key);
	note_move(&note, &ring->cancelled.note);
	r = cancelled_result(ring, &note);
	if (ring->adopted)
		context->hosts->ops->remove_socket(context->hosts, key);
	if (announced)
		ring_emit(ring, EVENT_DESTROYED);
	else if (r < 0)
		ring_emit(ring, EVENT_FAILED);
	context->remove(context->arg, ring);
	/* the io_uring of an application may pin the region until it is closed */
	remains_add(&context->remains, &ring->region, &ring->charge, ring->adopted);
	ring_free(ring);
	if (cancelled.done)
		cancelled.done(cancelled.arg, r, &note, NULL);
	if (destroyed.done)
		destroyed.done(destroyed.arg, 0, NULL, NULL);
	note_done(&note);
	context->gone(context->arg, announced ? &end : NULL);
}

void ending_leave(struct ring *ring)
{
	struct ring_context *context = ring->context;
	struct note note = {};
	int r = fault_ring_busy(&note, ring->title.name, "iouringd is stopping; the ring goes on");

	program_forget(ring->operation.program, &ring->waiter);
	ring_reply(ring, &ring->operation.reply, r, &note);
	ring_reply(ring, &ring->cancelled.reply, r, &note);
	note_done(&note);
	hosts_ops(ring)->host_free(ring->host);
	ring->host = NULL;
	ring_dispatcher_release(&ring->dispatcher);
	context->remove(context->arg, ring);
	ring_free(ring);
	context->gone(context->arg, NULL);
}
