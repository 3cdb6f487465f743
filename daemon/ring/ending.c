/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ending.c - how a ring comes to its end
 *
 * Its host is asked to exit, and killed if it does not; then, and when no job of the ring is under
 * way, a job takes the dispatcher away; then all else goes at once and those who asked are told.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "manager/context.h"
#include "ring/create.h"
#include "ring/ledger.h"
#include "ring/ring.h"
#include "common/container-of.h"

#define END_PATIENCE_MS 2000
/*
 * To detach waits for the lock of the ring, and whoever waits for a ring's lock holds one that all
 * rings of the machine share. An application that keeps its ring's lock is ended.
 */
#define DETACH_PATIENCE_MS 5000

static const struct hosts_ops *hosts_ops(const struct ring *ring)
{
	return ring->manager->hosts->ops;
}

/* A request that ends with its ring, and what it is answered. */
struct last_answer {
	struct ring_reply reply;
	int r;
	struct note note;
};

static void prepare_busy(const struct ring *ring, const struct ring_reply *reply,
			 struct last_answer *ret)
{
	char why[512];

	snprintf(why, sizeof(why), "it ended%s%s", ring->reason ? ": " : "",
		 ring->reason ? ring->reason : "");
	ret->reply = *reply;
	ret->r = fault_ring_busy(&ret->note, ring->name, why);
}

/* Its program has done what it was there for, or given up. */
static bool work_over(const struct ring *ring)
{
	uint32_t state = ring->region.head ? ring->region.head->progress.state : IOURD_WORK_IDLE;

	return state == IOURD_WORK_DONE || state == IOURD_WORK_STOPPED ||
	       state == IOURD_WORK_FAILED;
}

/* The last of it: those who asked are told when nothing of it is left. */
static void ring_gone(void *arg, int r)
{
	struct ring *ring = arg;
	struct manager *manager = ring->manager;
	struct last_answer answers[3] = {};
	bool declared = ring->declared, for_good = ring->destroy.done || work_over(ring);
	bool tell = ring->announced; /* of one that could not be made only its request is told */
	char name[RING_NAME_MAX];

	snprintf(name, sizeof(name), "%s", ring->name);
	if (ring->create) {
		answers[0].reply = ring->request;
		answers[0].r = create_result(ring, &answers[0].note);
	} else {
		prepare_busy(ring, &ring->request, &answers[0]);
	}
	if (ring->adopted)
		hosts_ops(ring)->forget(manager->hosts, ring->name);
	prepare_busy(ring, &ring->swap.reply, &answers[1]);
	answers[2].reply = ring->destroy;
	if (ring->announced)
		ring_event(ring, EVENT_DESTROYED);
	else if (answers[0].r < 0)
		ring_event(ring, EVENT_FAILED);
	ring_free(ring);
	manager->answering++;
	for (size_t i = 0; i < 3; i++) {
		struct last_answer *answer = &answers[i];

		if (answer->reply.done)
			answer->reply.done(answer->reply.arg, answer->r, &answer->note, NULL);
		note_done(&answer->note);
	}
	if (tell && manager->observer.ring_gone)
		manager->observer.ring_gone(manager->observer.arg,
					    &(struct ring_end){name, declared, for_good});
	manager->answering--;
	manager_settle(manager);
}

void ring_end_continue(struct ring *ring)
{
	if (ring->host && !ring->host_exited && !ring->adopted)
		return;
	if (ring->dispatch.busy || ring->removing)
		return;
	ring->removing = true;
	ring_publish(ring);
	dispatch_remove(&ring->dispatch, ring_gone, ring);
}

void ring_end(struct ring *ring)
{
	struct clock_port *clock = ring->manager->clock;
	int r;

	clock->cancel(clock, &ring->timer);
	probation_end(ring);
	ledger_note(ring);
	if (ring->create)
		create_abandon(ring);
	program_forget(ring->swap.program, &ring->swap.waiter);
	if (ring->adopted) {
		/* no step is taken any more: the loop ends with the one that it is at */
		dispatch_pause(&ring->dispatch, true);
		region_stir(&ring->region);
		clock->start(clock, &ring->timer, DETACH_PATIENCE_MS);
	} else if (ring->host && !ring->host_exited) {
		r = hosts_ops(ring)->command(ring->host, CONTROL_END);
		if (r < 0 && r != -EPIPE) /* -EPIPE: it is going already */
			hosts_ops(ring)->kill(ring->host);
		clock->start(clock, &ring->timer, END_PATIENCE_MS);
	}
	ring_end_continue(ring);
}

void ring_timeout(struct timer *timer)
{
	struct ring *ring = container_of(timer, struct ring, timer);

	if (ring->phase == PHASE_CREATING)
		create_timeout(ring);
	else if (ring->host && !ring->host_exited)
		hosts_ops(ring)->kill(ring->host);
}

static void answer_left(struct ring *ring, struct ring_reply *reply)
{
	struct note note = {};

	ring_answer(ring, reply,
		    fault_ring_busy(&note, ring->name, "iouringd is stopping; the ring goes on"),
		    &note);
	note_done(&note);
}

void ring_leave(struct ring *ring)
{
	program_forget(ring->swap.program, &ring->swap.waiter);
	answer_left(ring, &ring->request);
	answer_left(ring, &ring->swap.reply);
	hosts_ops(ring)->host_free(ring->host);
	ring->host = NULL;
	dispatch_leave(&ring->dispatch);
	ring_free(ring);
}
