/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run.c - running a ring that this process has made
 *
 * The loop is in the kernel. It is left when a signal comes, when the program stops or fails, and
 * when the dispatcher's pause flag is set: which of them it was is known by the region, or by the
 * daemon.
 */
#include <errno.h>
#include <string.h>

#include "lib/adopt.h"
#include "lib/connection.h"
#include "lib/futex.h"
#include "lib/ring.h"
#include "common/cleanup.h"
#include "common/loop-ring.h"
#include "wire/manager.h"

/* If the daemon is busy with the ring, and nothing comes of that, it is asked again. */
#define BUSY_NS INT64_C(10000000)

static bool work_is_over(const struct iouctl_ring *ring)
{
	uint32_t state = load(&ring->region.head->progress.state);

	return state == IOURD_WORK_DONE || state == IOURD_WORK_STOPPED ||
	       state == IOURD_WORK_FAILED;
}

/* Of a ring that does not go on. @result: with which its loop was left, if it was. */
static int outcome(const struct iouctl_ring *ring, int result)
{
	struct iouctl_progress now;
	int error;

	iouctl_ring_progress(ring, &now);
	error = now.error > 0 && now.error < 4096 ? -now.error : -EIO;
	if (now.state == IOURD_WORK_DONE || now.state == IOURD_WORK_STOPPED)
		return 0;
	if (now.state == IOURD_WORK_FAILED)
		return error;
	if (now.ring_state == IOURD_RING_ENDED)
		return -EOWNERDEAD;
	if (result < 0)
		return result;
	return now.ring_state == IOURD_RING_FAILED ? error : 0;
}

/*
 * 0: it may be entered, and *ret_event is life.event from before that was seen. -EINTR; -ECANCELED:
 * it has stopped, failed or ended.
 */
static int await_running(const struct iouctl_ring *ring, uint32_t *ret_event)
{
	for (;;) {
		struct ring_look look = ring_look(ring);
		int r;

		switch (load(&ring->region.head->life.state)) {
		case IOURD_RING_RUNNING:
			*ret_event = look.event;
			return 0;
		case IOURD_RING_ENDED:
		case IOURD_RING_STOPPED:
		case IOURD_RING_FAILED:
			return -ECANCELED;
		default:
			break;
		}
		r = ring_sleep(ring, &look, NULL, 0, INT64_MAX);
		if (r < 0)
			return r;
	}
}

enum verdict {
	VERDICT_OVER,
	VERDICT_GOES_ON, /* or is paused */
	VERDICT_BUSY,	 /* with something else that is done to the ring */
};

/* A verdict, or why there is none. */
static int report(struct iouctl_ring *ring, int result)
{
	_cleanup_(answer_done) struct answer answer = {};
	const struct in_report_ring in = {.ring = ring->name, .result = result < 0 ? result : 0};
	struct iouctl *c = ring->connection;
	struct answer_state out;
	int r;

	r = connection_ask(c, "ReportRing", &in, &answer_state_type, &out, &answer);
	if (r == -EREMOTEIO && strcmp(iouctl_error_name(c), MANAGER_INTERFACE ".RingBusy") == 0)
		return VERDICT_BUSY;
	if (r == -EREMOTEIO && strcmp(iouctl_error_name(c), MANAGER_INTERFACE ".RingNotFound") == 0)
		return -EOWNERDEAD;
	if (r < 0)
		return r;
	return strcmp(out.ring.state, "running") == 0 || strcmp(out.ring.state, "paused") == 0
		       ? VERDICT_GOES_ON
		       : VERDICT_OVER;
}

/*
 * The loop was left, with @result; @event: life.event before it was entered. 1: it is to be entered
 * again, as soon as it runs.
 */
static int left(struct iouctl_ring *ring, int result, uint32_t event)
{
	const struct iourd_life *life = &ring->region.head->life;
	bool over = work_is_over(ring);
	struct ring_look look;
	int r;

	if (over && outcome(ring, 0) == 0) { /* done, or stopped: that asks for no answer */
		const struct in_report_ring in = {.ring = ring->name};

		if (load(&life->state) != IOURD_RING_ENDED)
			connection_notify(ring->connection, "ReportRing", &in);
		return 0;
	}
	do {
		look = ring_look(ring);
		if (load(&life->state) == IOURD_RING_ENDED)
			return outcome(ring, result);
		/*
		 * It was paused, or so it seems: a report that arrives after the resumption would
		 * be taken for another pause. If there is something to report, it comes again.
		 */
		if (result >= 0 && !over && look.event != event)
			return 1;
		r = report(ring, result);
		if (r != VERDICT_BUSY)
			break;
		r = ring_sleep(ring, &look, NULL, 0, now_ns() + BUSY_NS);
	} while (r == 0 || r == -ETIMEDOUT);
	if (r == VERDICT_GOES_ON)
		return 1;
	if (r == -EINTR)
		return r;
	return r < 0 && !over ? r : outcome(ring, result); /* the work is over, whoever knows it */
}

/* Once. The daemon may have started it already: asked by somebody else, or without our knowing. */
static int begin(struct iouctl_ring *ring)
{
	const struct iourd_life *life = &ring->region.head->life;
	struct adoption *adoption = ring->adoption;
	int r;

	if (adoption->enabled)
		return 0;
	r = load(&life->state) == IOURD_RING_CREATED ? iouctl_ring_start(ring) : 0;
	if (r < 0 && load(&life->state) == IOURD_RING_CREATED)
		return r;
	r = loop_ring_enable(adoption->ring_fd);
	if (r < 0)
		return failure_set(&ring->connection->failure, r,
				   "the ring %s cannot be enabled: %s", ring->name, strerror(-r));
	adoption->enabled = true;
	return 0;
}

int iouctl_ring_run(struct iouctl_ring *ring)
{
	uint32_t event;
	int r;

	if (!ring->adoption)
		return failure_set(&ring->connection->failure, -EINVAL,
				   "the ring %s is not run by this process, but by a host",
				   ring->name);
	r = begin(ring);
	if (r < 0)
		return r;
	do {
		r = await_running(ring, &event);
		if (r == -ECANCELED)
			return outcome(ring, 0);
		if (r < 0)
			return r;
		r = loop_ring_enter(ring->adoption->ring_fd);
		if (r == -EINTR && !work_is_over(ring))
			return r;
		if (r == -EEXIST)
			return failure_set(&ring->connection->failure, r,
					   "the ring %s belongs to another thread", ring->name);
		r = left(ring, r == -EINTR ? 0 : r, event);
	} while (r > 0);
	return r;
}
