/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run.c - runs an adopted ring
 *
 * The loop runs in the kernel. It returns when a signal arrives, when the program stops or fails,
 * or when the dispatcher's pause flag is set. The region or the daemon knows which of these it was.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "lib/adoption.h"
#include "lib/connection.h"
#include "lib/futex.h"
#include "lib/ring.h"
#include "common/cleanup.h"
#include "common/loop-ring.h"
#include "wire/manager.h"

/* How long to wait for a change before reporting again to a daemon that is busy with the ring. */
#define BUSY_NS INT64_C(10000000)

static bool work_is_over(const struct iouctl_ring *ring)
{
	uint32_t state = load(&ring->region.head->progress.state);

	return state == IOURD_WORK_DONE || state == IOURD_WORK_STOPPED ||
	       state == IOURD_WORK_FAILED;
}

/* The result of a ring that does not continue. @result: what its loop returned, or 0. */
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
 * Waits until the ring may be entered: 0, with *ret_event as life.event was before its state was
 * read. -EINTR; -ECANCELED: the ring has stopped, failed or ended.
 */
static int await_running(const struct iouctl_ring *ring, uint32_t *ret_event)
{
	for (;;) {
		struct ring_snapshot seen = ring_snapshot(ring);
		int r;

		switch (load(&ring->region.head->life.state)) {
		case IOURD_RING_RUNNING:
			*ret_event = seen.event;
			return 0;
		case IOURD_RING_ENDED:
		case IOURD_RING_STOPPED:
		case IOURD_RING_FAILED:
			return -ECANCELED;
		default:
			break;
		}
		r = ring_sleep(ring, &seen, NULL, 0, INT64_MAX);
		if (r < 0)
			return r;
	}
}

enum verdict {
	VERDICT_OVER,
	VERDICT_CONTINUE,
	VERDICT_PAUSED, /* continue when it is resumed */
	VERDICT_BUSY,	/* another operation on the ring is under way */
};

/* Reports that the loop returned: an enum verdict, or -errno. */
static int report(struct iouctl_ring *ring, int result)
{
	_cleanup_(reply_done) struct reply reply = {};
	const struct in_report_ring in = {.ring = ring->name, .result = result < 0 ? result : 0};
	struct iouctl *c = ring->connection;
	struct state_reply out;
	int r;

	r = connection_request(c, "ReportRing", &in, &reply_state_type, &out, &reply);
	if (r == -EREMOTEIO && strcmp(iouctl_error_name(c), MANAGER_INTERFACE ".RingBusy") == 0)
		return VERDICT_BUSY;
	if (r == -EREMOTEIO && strcmp(iouctl_error_name(c), MANAGER_INTERFACE ".RingNotFound") == 0)
		return -EOWNERDEAD;
	if (r < 0)
		return r;
	if (strcmp(out.ring.state, "paused") == 0)
		return VERDICT_PAUSED;
	return strcmp(out.ring.state, "running") == 0 ? VERDICT_CONTINUE : VERDICT_OVER;
}

/*
 * Handles the loop's return with @result; @event: life.event before it was entered. 1: enter it
 * again as soon as the ring runs. Otherwise the result for the caller.
 */
static int loop_returned(struct iouctl_ring *ring, int result, uint32_t event)
{
	const struct iourd_life *life = &ring->region.head->life;
	bool over = work_is_over(ring);
	struct ring_snapshot seen;
	int r;

	if (over && outcome(ring, 0) == 0) { /* done or stopped: no reply is needed */
		const struct in_report_ring in = {.ring = ring->name};

		if (load(&life->state) != IOURD_RING_ENDED)
			connection_notify(ring->connection, "ReportRing", &in);
		return 0;
	}
	do {
		seen = ring_snapshot(ring);
		if (load(&life->state) == IOURD_RING_ENDED)
			return outcome(ring, result);
		/*
		 * It seems to have been paused. The daemon would take a report that arrives after
		 * the resumption for another pause. If it was not paused, the loop returns again.
		 */
		if (result >= 0 && !over && seen.event != event)
			return 1;
		r = report(ring, result);
		if (r != VERDICT_BUSY)
			break;
		r = ring_sleep(ring, &seen, NULL, 0, now_ns() + BUSY_NS);
	} while (r == 0 || r == -ETIMEDOUT);
	/* The daemon pauses a ring whose work has failed and that it cannot roll back. */
	if (r == VERDICT_CONTINUE || (r == VERDICT_PAUSED && !over))
		return 1;
	if (r == -EINTR)
		return r;
	return r < 0 && !over
		       ? r
		       : outcome(ring,
				 result); /* if the work is over, a failed report is irrelevant */
}

/*
 * Starts and enables the ring, once. The daemon may have started it already: for another client, or
 * in a call whose reply was lost.
 */
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
		return failure_set(&ring->connection->failure, r, "cannot enable ring %s: %s",
				   ring->name, strerror(-r));
	adoption->enabled = true;
	return 0;
}

int iouctl_ring_run(struct iouctl_ring *ring)
{
	uint32_t event;
	bool yield;
	int r;

	if (!ring->adoption)
		return failure_set(&ring->connection->failure, -EINVAL,
				   "cannot run ring %s: it was not adopted by this process",
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
		do {
			r = loop_ring_enter_once(ring->adoption->ring_fd, ring->region.head,
						 &yield);
		} while (yield && sched_yield() == 0);
		if (r == -EINTR && !work_is_over(ring))
			return r;
		if (r == -EEXIST)
			return failure_set(&ring->connection->failure, r,
					   "cannot run ring %s: another thread runs it",
					   ring->name);
		r = loop_returned(ring, r == -EINTR ? 0 : r, event);
	} while (r > 0);
	return r;
}
