/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run.c - running a ring that this process has made
 *
 * The loop is in the kernel. It is left when a signal comes, when the program stops or fails, and when
 * the dispatcher's pause flag is set: which of them it was is known by the region, or by the daemon.
 */
#include <errno.h>
#include <string.h>

#include "lib/adopt.h"
#include "lib/connection.h"
#include "lib/own-ring.h"
#include "lib/ring.h"
#include "wire/cleanup.h"
#include "wire/manager.h"

static bool work_is_over(const struct iouctl_ring *ring)
{
	uint32_t state = load(&ring->region.head->progress.state);

	return state == IOURD_WORK_DONE || state == IOURD_WORK_STOPPED ||
	       state == IOURD_WORK_FAILED;
}

static int work_result(const struct iouctl_ring *ring)
{
	const struct iourd_progress *progress = &ring->region.head->progress;
	int32_t error = __atomic_load_n(&progress->error, __ATOMIC_RELAXED);

	if (load(&progress->state) != IOURD_WORK_FAILED)
		return 0;
	return error > 0 && error < 4096 ? -error : -EIO;
}

/* 0: it may be entered. -EINTR; -EOWNERDEAD: it has ended; -ECANCELED: it has stopped, or failed. */
static int await_running(const struct iouctl_ring *ring)
{
	for (;;) {
		struct ring_look look = ring_look(ring);
		int r;

		switch (load(&ring->region.head->life.state)) {
		case IOURD_RING_RUNNING:
			return 0;
		case IOURD_RING_ENDED:
			return -EOWNERDEAD;
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

/* 1: it goes on, or is paused; 0: it is over; or why the daemon could not be told. */
static int report(struct iouctl_ring *ring, int result)
{
	_cleanup_(answer_done) struct answer answer = {};
	const struct in_report_ring in = {.ring = ring->name, .result = result};
	struct answer_state out;
	int r;

	r = connection_ask(ring->connection, "ReportRing", &in, &answer_state_type, &out, &answer);
	if (r == -EREMOTEIO) /* something else is being done with it: its state will tell */
		return load(&ring->region.head->life.state) == IOURD_RING_ENDED ? 0 : 1;
	if (r < 0)
		return r;
	return strcmp(out.ring.state, "running") == 0 || strcmp(out.ring.state, "paused") == 0;
}

/* The loop was left, with @result. 1: it is to be entered again. */
static int left(struct iouctl_ring *ring, int result)
{
	bool over = work_is_over(ring);
	uint32_t state = load(&ring->region.head->life.state);
	int r;

	if (state == IOURD_RING_ENDED)
		return over ? work_result(ring) : -EOWNERDEAD;
	if (state == IOURD_RING_PAUSED && !over)
		return 1;
	if (over && work_result(ring) == 0) { /* done, or stopped: that asks for no answer */
		const struct in_report_ring in = {.ring = ring->name, .result = result};

		connection_notify(ring->connection, "ReportRing", &in);
		return 0;
	}
	r = report(ring, result);
	if (r > 0)
		return 1;
	if (over) /* also if nobody could be told */
		return work_result(ring);
	return r < 0 ? r : result;
}

static int begin(struct iouctl_ring *ring)
{
	struct adoption *adoption = ring->adoption;
	int r;

	if (adoption->enabled)
		return 0;
	r = 0;
	if (load(&ring->region.head->life.state) == IOURD_RING_CREATED)
		r = iouctl_ring_start(ring);
	if (r < 0)
		return r;
	r = own_ring_enable(adoption->ring_fd);
	if (r < 0)
		return failure_set(&ring->connection->failure, r,
				   "the ring %s cannot be enabled: %s", ring->name, strerror(-r));
	adoption->enabled = true;
	return 0;
}

int iouctl_ring_run(struct iouctl_ring *ring)
{
	int r;

	if (!ring->adoption)
		return failure_set(&ring->connection->failure, -EINVAL,
				   "the ring %s is not run by this process, but by a host",
				   ring->name);
	r = begin(ring);
	if (r < 0)
		return r;
	do {
		r = await_running(ring);
		if (r == -ECANCELED)
			return work_result(ring);
		if (r < 0)
			return r;
		r = own_ring_enter(ring->adoption->ring_fd);
		if (r == -EINTR && !work_is_over(ring))
			return r;
		if (r == -EEXIST)
			return failure_set(&ring->connection->failure, r,
					   "the ring %s belongs to another thread", ring->name);
		r = left(ring, r == -EINTR ? 0 : r);
	} while (r > 0);
	return r;
}
