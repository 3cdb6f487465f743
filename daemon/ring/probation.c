/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/probation.h"

#include <stddef.h>

#include "common/container-of.h"
#include "ring/context.h"
#include "ring/ring.h"

#define CHECKS	       8u
#define STALLED_CHECKS 3u
#define BACKOFF_MS     1000u /* doubled with each rollback in a row */
#define BACKOFF_MAX_MS 60000u
#define BACKOFF_FORGET 10u /* that many times as long without one, and they are forgotten */

static struct clock_port *clock_of(const struct ring *ring)
{
	return ring->context->clock;
}

static uint32_t doorbell_of(const struct ring *ring)
{
	return ring->region.head
		       ? __atomic_load_n(&ring->region.head->control.doorbell, __ATOMIC_ACQUIRE)
		       : 0;
}

/* Whether completions wait to be reaped; false if that is not known. */
static bool completions_wait(const struct ring *ring)
{
	const struct ring_context *context = ring->context;
	uint32_t n;

	return ring->host &&
	       context->kern->ops->ring_waiting(context->kern, context->hosts->ops->pid(ring->host),
						ring->ring_fd, &n) == 0 &&
	       n > 0;
}

static void start_timer(struct ring *ring)
{
	clock_of(ring)->start(clock_of(ring), &ring->probation.timer,
			      ring->context->probation_ms / CHECKS);
}

/* A loop that sleeps sees what came since when it enters the kernel anew. */
static void kick(struct ring *ring)
{
	if (!ring->host)
		return;
	region_wake_doorbell(&ring->region);
	ring->context->hosts->ops->kick(ring->host);
	ring->probation.kicked = true;
}

/* Whether the loop has taken a step of its own since the last check. *ret_steps: all until now */
static bool has_moved(struct ring *ring, uint64_t *ret_steps)
{
	const struct probation *probation = &ring->probation;
	uint64_t last_ns;

	ring_dispatcher_counts(&ring->dispatcher, ret_steps, &last_ns);
	return *ret_steps - probation->steps > (probation->kicked ? 1 : 0);
}

/* While it is kept from running. A loop that takes steps is not, and costs no look. */
static bool is_suspended(struct ring *ring)
{
	uint64_t steps;

	return !has_moved(ring, &steps) && ring->host &&
	       ring->context->hosts->ops->suspended(ring->host);
}

/* Several checks must agree: what came just now is no fault yet. */
static bool is_stalled(struct ring *ring)
{
	struct probation *probation = &ring->probation;
	uint32_t doorbell = doorbell_of(ring);
	uint64_t steps;
	bool moved = has_moved(ring, &steps);

	probation->kicked = false;
	probation->steps = steps;
	if (moved) {
		probation->doorbell = doorbell;
		probation->stalled_checks = 0;
	} else if (doorbell != probation->doorbell || completions_wait(ring)) {
		probation->stalled_checks++;
	} else {
		probation->stalled_checks = 0;
		kick(ring);
	}
	return probation->stalled_checks >= STALLED_CHECKS;
}

enum probation_verdict probation_check(struct ring *ring)
{
	struct probation *probation = &ring->probation;

	if (ring->state != RING_RUNNING || ring->operation.step != STEP_NONE ||
	    is_suspended(ring)) {
		/* only time in which it can run undisturbed counts */
		probation->stalled_checks = 0;
	} else if (is_stalled(ring)) {
		return PROBATION_STALLED;
	} else if (--probation->checks_left == 0) {
		probation->passed = true;
		probation->on = false;
		return PROBATION_PASSED;
	}
	start_timer(ring);
	return PROBATION_GOES_ON;
}

static void backoff_over(struct timer *timer)
{
	struct probation *probation = container_of(timer, struct probation, backoff);
	struct ring *ring = container_of(probation, struct ring, probation);

	if (probation->in_backoff)
		clock_of(ring)->start(clock_of(ring), timer, BACKOFF_FORGET * BACKOFF_MAX_MS);
	else
		probation->rollbacks = 0;
	probation->in_backoff = false;
}

void probation_init(struct ring *ring, void (*check)(struct timer *timer))
{
	ring->probation = (struct probation){.timer.fire = check, .backoff.fire = backoff_over};
}

void probation_done(struct ring *ring)
{
	probation_end(ring);
	clock_of(ring)->cancel(clock_of(ring), &ring->probation.backoff);
	program_release(ring->probation.fallback);
	ring->probation.fallback = NULL;
}

void probation_begin(struct ring *ring)
{
	struct probation *probation = &ring->probation;
	uint64_t last_ns;

	probation->passed = false;
	probation->on = true;
	probation->checks_left = CHECKS;
	probation->kicked = false;
	probation->stalled_checks = 0;
	probation->doorbell = doorbell_of(ring);
	ring_dispatcher_counts(&ring->dispatcher, &probation->steps, &last_ns);
	start_timer(ring);
}

void probation_end(struct ring *ring)
{
	ring->probation.on = false;
	clock_of(ring)->cancel(clock_of(ring), &ring->probation.timer);
}

static void set_fallback(struct probation *probation, struct program *program)
{
	if (program)
		program_hold(program);
	program_release(probation->fallback);
	probation->fallback = program;
}

void probation_swapped(struct ring *ring, struct program *old)
{
	struct probation *probation = &ring->probation;

	if (probation->passed && old != ring->program)
		set_fallback(probation, old);
	if (probation->fallback == ring->program)
		set_fallback(probation, NULL);
	probation_end(ring);
	probation->passed = false;
	if (ring->state != RING_CREATED)
		probation_begin(ring);
}

void probation_rolled_back(struct ring *ring, bool unasked)
{
	struct probation *probation = &ring->probation;
	unsigned int n;

	set_fallback(probation, NULL);
	probation->passed = true;
	if (!unasked)
		return;
	n = probation->rollbacks++;
	probation->in_backoff = true;
	clock_of(ring)->start(clock_of(ring), &probation->backoff,
			      n < 6 ? BACKOFF_MS << n : BACKOFF_MAX_MS);
}
