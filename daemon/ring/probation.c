/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/probation.h"

#include <stddef.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/ring.h"
#include "ring/rollback.h"
#include "common/list.h"

#define LOOKS	    8u
#define SUSPICIONS  3u
#define CALM_MS	    1000u /* doubled by each rollback in a row */
#define CALM_MAX_MS 60000u
#define CALM_FORGET 10u /* that many times as long without one, and they are forgotten */

static struct clock_port *clock_of(const struct ring *ring)
{
	return ring->manager->clock;
}

static uint32_t doorbell_of(const struct ring *ring)
{
	return ring->region.head
		       ? __atomic_load_n(&ring->region.head->control.doorbell, __ATOMIC_ACQUIRE)
		       : 0;
}

/* Completions that nobody has reaped. Not known counts as none. */
static bool completions_wait(const struct ring *ring)
{
	struct manager *manager = ring->manager;
	uint32_t n;

	return ring->host &&
	       manager->kern->ops->ring_waiting(manager->kern, manager->hosts->ops->pid(ring->host),
						ring->ring_fd, &n) == 0 &&
	       n > 0;
}

static void next_look(struct ring *ring)
{
	clock_of(ring)->start(clock_of(ring), &ring->probation.timer,
			      ring->manager->policy.probation_ms / LOOKS);
}

/* A loop that sleeps has not seen what came since: it does when its enter begins anew. */
static void nudge(struct ring *ring)
{
	if (!ring->host)
		return;
	region_stir(&ring->region);
	ring->manager->hosts->ops->nudge(ring->host);
	ring->probation.nudged = true;
}

/* True: it stands still. Several looks must agree: what has come just now is no fault yet. */
static bool stands_still(struct ring *ring)
{
	struct probation *probation = &ring->probation;
	uint32_t doorbell = doorbell_of(ring);
	uint64_t steps, last_ns;
	bool moved;

	dispatch_counts(&ring->dispatch, &steps, &last_ns);
	moved = steps - probation->steps > (probation->nudged ? 1 : 0);
	probation->nudged = false;
	probation->steps = steps;
	if (moved) {
		probation->doorbell = doorbell;
		probation->suspicions = 0;
	} else if (doorbell != probation->doorbell || completions_wait(ring)) {
		probation->suspicions++;
	} else {
		probation->suspicions = 0;
		nudge(ring);
	}
	return probation->suspicions >= SUSPICIONS;
}

static void pass(struct ring *ring)
{
	ring->probation.passed = true;
	ring->probation.on = false;
	ledger_note(ring);
}

static void look(struct timer *timer)
{
	struct probation *probation = container_of(timer, struct probation, timer);
	struct ring *ring = container_of(probation, struct ring, probation);

	if (ring->phase != PHASE_RUNNING || ring->swap.program) {
		/* time in which it does not run does not count */
		probation->suspicions = 0;
		next_look(ring);
		return;
	}
	if (stands_still(ring)) {
		ring_explain(ring,
			     "the program stands still: it takes no step, although completions "
			     "or a doorbell wait");
		probation_broke(ring, false);
	} else if (--probation->looks == 0) {
		pass(ring);
	} else {
		next_look(ring);
	}
}

static void calmed(struct timer *timer)
{
	struct probation *probation = container_of(timer, struct probation, calm);
	struct ring *ring = container_of(probation, struct ring, probation);

	if (probation->calming)
		clock_of(ring)->start(clock_of(ring), timer, CALM_FORGET * CALM_MAX_MS);
	else
		probation->rollbacks = 0;
	probation->calming = false;
}

void probation_init(struct ring *ring)
{
	ring->probation = (struct probation){.timer.fire = look, .calm.fire = calmed};
}

void probation_done(struct ring *ring)
{
	probation_end(ring);
	clock_of(ring)->cancel(clock_of(ring), &ring->probation.calm);
	program_release(ring->probation.good);
	ring->probation.good = NULL;
}

void probation_begin(struct ring *ring)
{
	struct probation *probation = &ring->probation;
	uint64_t last_ns;

	probation->passed = false;
	probation->on = true;
	probation->looks = LOOKS;
	probation->nudged = false;
	probation->suspicions = 0;
	probation->doorbell = doorbell_of(ring);
	dispatch_counts(&ring->dispatch, &probation->steps, &last_ns);
	next_look(ring);
}

void probation_end(struct ring *ring)
{
	ring->probation.on = false;
	clock_of(ring)->cancel(clock_of(ring), &ring->probation.timer);
}

bool probation_is_on(const struct ring *ring)
{
	return ring->probation.on;
}

void probation_swapped(struct ring *ring, struct program *old)
{
	struct probation *probation = &ring->probation;

	if (probation->passed && old != ring->program) {
		program_hold(old);
		program_release(probation->good);
		probation->good = old;
	}
	if (probation->good == ring->program) {
		program_release(probation->good);
		probation->good = NULL;
	}
	probation_end(ring);
	probation->passed = false;
	if (ring->phase != PHASE_CREATED)
		probation_begin(ring);
}

static bool may_roll_back(const struct ring *ring, bool on_probation)
{
	const struct probation *probation = &ring->probation;

	return probation->good && (on_probation || ring->rollback) && !probation->calming &&
	       ring->phase == PHASE_RUNNING && !ring->swap.program && !ring->manager->stopping;
}

void probation_broke(struct ring *ring, bool left)
{
	bool on_probation = probation_is_on(ring);

	probation_end(ring);
	if (may_roll_back(ring, on_probation))
		ring_roll_back(ring, left);
	else if (left)
		ring_input(ring, INPUT_BROKE);
	else
		ring_pause_again(ring);
}

void probation_rolled_back(struct ring *ring)
{
	struct probation *probation = &ring->probation;
	unsigned int n = probation->rollbacks++;

	probation->calming = true;
	clock_of(ring)->start(clock_of(ring), &probation->calm, n < 6 ? CALM_MS << n : CALM_MAX_MS);
}
