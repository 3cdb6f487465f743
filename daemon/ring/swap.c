/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/params.h"
#include "ring/ring.h"
#include "ring/swap.h"
#include "layout/layout.h"
#include "wire/manager.h"
#include "common/container-of.h"

static int check_number(const char *field, uint32_t from, uint32_t to, struct note *note)
{
	char reason[80];

	if (from == to)
		return 0;
	snprintf(reason, sizeof(reason), "the ring was made with %u, the program wants %u", from,
		 to);
	return fault_layout_mismatch(note, field, reason);
}

static int check_opcodes(const struct iourd_descriptor *from, const struct iourd_descriptor *to,
			 struct note *note)
{
	char reason[96];

	for (uint32_t i = 0; i < IOURD_OPCODES_MAX; i++) {
		uint64_t bit = 1ull << (i % 64);
		const char *name = manager_opcode_text(i);

		if (!(to->opcodes[i / 64] & bit) || (from->opcodes[i / 64] & bit))
			continue;
		if (name)
			snprintf(reason, sizeof(reason),
				 "the program uses %s, which the ring was not made for", name);
		else
			snprintf(reason, sizeof(reason),
				 "the program uses opcode %u, which the ring was not made for", i);
		return fault_layout_mismatch(note, "descriptor.opcodes", reason);
	}
	return 0;
}

static int check_slots(const struct iourd_descriptor *from, const struct iourd_descriptor *to,
		       struct note *note)
{
	char reason[96];
	int r;

	r = check_number("descriptor.slot_count", from->slot_count, to->slot_count, note);
	if (r != 0)
		return r;
	for (uint32_t i = 0; i < from->slot_count; i++) {
		const struct iourd_slot_descriptor *a = &from->slots[i];
		const struct iourd_slot_descriptor *b = &to->slots[i];

		if (strcmp(a->name, b->name) == 0 && a->flags == b->flags && a->types == b->types)
			continue;
		snprintf(reason, sizeof(reason),
			 "slot %u was \"%s\" when the ring was made, and is \"%s\", or takes other "
			 "files, now",
			 i, a->name, b->name);
		return fault_layout_mismatch(note, "descriptor.slots", reason);
	}
	return 0;
}

static int check_data(const struct ring *ring, const struct kern_program_info *to,
		      struct note *note)
{
	bool by_params = to->descriptor.data_fields[0][0];
	uint64_t need = to->descriptor.data_initial;
	char reason[96];

	if (by_params && !ring->region.head)
		return 0; /* out of reach: as it is, the program that runs has had enough */
	if (by_params)
		need = params_data_need(to, region_params(&ring->region));
	if (need <= ring->region.data_size)
		return 0;
	snprintf(reason, sizeof(reason),
		 "the ring has %" PRIu64 " bytes, the program needs %" PRIu64,
		 ring->region.data_size, need);
	return fault_layout_mismatch(note, "dataBytes", reason);
}

int swap_check(const struct ring *ring, const struct kern_program_info *to, struct note *note)
{
	const struct iourd_descriptor *from = &ring->made_of;
	int r;

	r = layout_compare(&program_info(ring->program)->layout, &to->layout, note);
	if (r == 0)
		r = check_number("descriptor.sq_entries", from->sq_entries,
				 to->descriptor.sq_entries, note);
	if (r == 0)
		r = check_number("descriptor.cq_entries", from->cq_entries,
				 to->descriptor.cq_entries, note);
	if (r == 0)
		r = check_slots(from, &to->descriptor, note);
	if (r == 0)
		r = check_opcodes(from, &to->descriptor, note);
	return r == 0 ? check_data(ring, to, note) : r;
}

int swap_check_generation(const struct ring *ring, uint64_t expected, struct note *note)
{
	if (expected == 0 || expected == ring->generation)
		return 0;
	return fault_generation_mismatch(note, ring->generation);
}

static void swap_finish(struct ring *ring, int r, const struct note *note)
{
	program_release(ring->swap.program);
	ring->swap.program = NULL;
	ring_answer(ring, &ring->swap.reply, r, note);
}

static void swap_applied(void *arg, int r)
{
	struct ring *ring = arg;
	struct manager *manager = ring->manager;
	struct program *old = ring->program;

	if (r == 0) {
		ring->kernel_id = ring->manager->kern->ops->program_kernel_id(
			ring->swap.program->kern_program);
		ring->program = ring->swap.program;
		ring->swap.program = old; /* what swap_finish drops */
		ring->generation++;
	}
	if (ring->phase == PHASE_ENDING) {
		ring_end_continue(ring); /* answers the request, too */
		return;
	}
	if (r == 0)
		probation_swapped(ring, old);
	ring_publish(ring);
	if (r == 0)
		ring_event(ring, EVENT_SWAPPED);
	swap_finish(ring, r > 0 ? -EOPNOTSUPP : r, NULL);
	ring_array_changed(ring);
	if (manager->stopping) {
		ring_leave(ring);
		manager_settle(manager);
	}
}

/* The program is open. 0: it goes on, and ends in swap_finish; else nothing has changed. */
static int swap_go(struct ring *ring, struct note *note)
{
	struct ring_swap *swap = &ring->swap;
	const struct transition *transition = states_transition(ring->phase, INPUT_SWAP);
	int r;

	if (transition->action != ACTION_SWAP) /* it stopped or failed meanwhile */
		return fault_ring_busy(note, ring->name, transition->refusal);
	r = program_usable(swap->program, note);
	if (r == 0)
		r = swap_check_generation(ring, swap->expected_generation, note);
	if (r == 0)
		r = swap_check(ring, program_info(swap->program), note);
	if (r != 0)
		return r;
	if (program_await_loaded(swap->program, &swap->waiter))
		return 0;
	ledger_announce(ring, swap->program, ring->generation + 1);
	dispatch_swap(&ring->dispatch, swap->program->kern_program, swap_applied, ring);
	return 0;
}

/* Open, or loaded: whichever it waited for. */
static void swap_ready(struct program_waiter *waiter, int r, const struct note *why)
{
	struct ring *ring = container_of(waiter, struct ring, swap.waiter);
	struct note note = {};

	if (r > 0)
		r = program_note_copy(why, &note);
	if (r == 0)
		r = swap_go(ring, &note);
	if (r != 0)
		swap_finish(ring, r, &note);
	note_done(&note);
}

int manager_ring_swap(struct manager *manager, const struct peer *peer, const char *name,
		      const char *program_name, uint64_t expected_generation, ring_done done,
		      void *arg, struct note *note)
{
	struct program *program;
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r == 0)
		r = catalogue_find(&manager->catalogue, program_name, note, &program);
	if (r == 0)
		r = ring_request(ring, INPUT_SWAP, NULL, NULL, note);
	if (r == 0)
		r = swap_check_generation(ring, expected_generation, note);
	if (r != 0)
		return r;
	program_hold(program);
	ring->swap = (struct ring_swap){
		.program = program,
		.expected_generation = expected_generation,
		.waiter.ready = swap_ready,
	};
	if (!program_await_open(program, &ring->swap.waiter))
		r = swap_go(ring, note);
	if (r != 0) {
		swap_finish(ring, r, NULL); /* nobody to be told yet */
		return r;
	}
	ring->swap.reply = (struct ring_reply){.done = done, .arg = arg};
	return 0;
}
