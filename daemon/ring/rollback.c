/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/rollback.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/ring.h"
#include "ring/swap.h"
#include "common/container-of.h"

/* The next program finds the work going on, as far as the daemon can say that. */
static void revive_work(struct ring *ring)
{
	struct iourd_head *head = ring->region.head;

	if (!head || __atomic_load_n(&head->progress.state, __ATOMIC_ACQUIRE) != IOURD_WORK_FAILED)
		return;
	head->progress.error = 0;
	__atomic_store_n(&head->progress.state, IOURD_WORK_RUNNING, __ATOMIC_RELEASE);
}

static void answer(struct ring *ring, int r, const struct note *note)
{
	program_release(ring->swap.program);
	ring->swap.program = NULL;
	ring_answer(ring, &ring->swap.reply, r, note);
}

/* It stays with what it has. */
static void give_up(struct ring *ring, int r, const struct note *note)
{
	bool by_itself = ring->swap.by_itself, left = ring->swap.left;

	ring_publish(ring);
	answer(ring, r, note);
	if (!by_itself)
		return;
	if (left)
		ring_input(ring, INPUT_BROKE);
	else if (ring->phase == PHASE_RUNNING)
		ring_pause_again(ring);
}

/* Enters the loop again, or wakes it: it may sleep on what the bad program wanted. */
static void go_on(struct ring *ring)
{
	if (ring->swap.left) {
		revive_work(ring);
		ring_run_again(ring);
	} else if (ring->swap.by_itself && ring->host) {
		region_stir(&ring->region);
		ring->manager->hosts->ops->nudge(ring->host);
	}
}

static void done(void *arg, int r)
{
	struct ring *ring = arg;
	struct manager *manager = ring->manager;
	struct program *bad = ring->program;

	if (r == 0) {
		ring->program = ring->swap.program;
		ring->swap.program = bad; /* what answer() drops */
		ring->kernel_id =
			manager->kern->ops->program_kernel_id(ring->program->kern_program);
		ring->generation++;
		ring->error = 0;
		program_release(ring->probation.good);
		ring->probation.good = NULL;
		ring->probation.passed = true;
	}
	if (ring->phase == PHASE_ENDING) {
		ring_end_continue(ring);
		return;
	}
	if (r != 0) {
		give_up(ring, r > 0 ? -EOPNOTSUPP : r, NULL);
	} else {
		if (ring->swap.by_itself)
			probation_rolled_back(ring);
		go_on(ring);
		ring_publish(ring);
		ring_event(ring, EVENT_ROLLED_BACK);
		answer(ring, 0, NULL);
	}
	ring_array_changed(ring);
	if (manager->stopping) {
		ring_leave(ring);
		manager_settle(manager);
	}
}

static void put_back(struct ring *ring)
{
	ledger_announce(ring, ring->swap.program, ring->generation + 1);
	dispatch_swap(&ring->dispatch, ring->swap.program->kern_program, done, ring);
}

static void loaded(struct program_waiter *waiter, int r, const struct note *note)
{
	struct ring *ring = container_of(waiter, struct ring, swap.waiter);

	if (r != 0)
		give_up(ring, r, note);
	else
		put_back(ring);
}

static void begin(struct ring *ring)
{
	if (!program_await_loaded(ring->swap.program, &ring->swap.waiter))
		put_back(ring);
}

static void prepare(struct ring *ring, bool by_itself, bool left)
{
	program_hold(ring->probation.good);
	ring->swap = (struct ring_swap){
		.program = ring->probation.good,
		.waiter.ready = loaded,
		.by_itself = by_itself,
		.left = left,
	};
}

void ring_roll_back(struct ring *ring, bool left)
{
	struct note note = {};
	int r = swap_check(ring, program_info(ring->probation.good), &note);

	if (r == 0)
		r = program_usable(ring->probation.good, &note);
	note_done(&note);
	if (r != 0) { /* the application has changed what the good program needs */
		if (left)
			ring_input(ring, INPUT_BROKE);
		else
			ring_pause_again(ring);
		return;
	}
	prepare(ring, true, left);
	if (left)
		ring_input(ring, INPUT_ROLL);
	begin(ring);
}

int manager_ring_rollback(struct manager *manager, const struct peer *peer, const char *name,
			  uint64_t expected_generation, ring_done done_, void *arg,
			  struct note *note)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r == 0)
		r = ring_request(ring, INPUT_SWAP, NULL, NULL, note);
	if (r == 0)
		r = swap_check_generation(ring, expected_generation, note);
	if (r != 0)
		return r;
	if (!ring->probation.good)
		return fault_ring_busy(note, name,
				       "there is no earlier program of it that has run well");
	r = program_usable(ring->probation.good, note);
	if (r == 0)
		r = swap_check(ring, program_info(ring->probation.good), note);
	if (r != 0)
		return r;
	probation_end(ring);
	ring_explain(ring, "rolled back by request");
	prepare(ring, false, false);
	ring->swap.reply = (struct ring_reply){.done = done_, .arg = arg};
	begin(ring);
	return 0;
}
