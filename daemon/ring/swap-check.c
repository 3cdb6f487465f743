/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ring/ledger.h"
#include "ring/params.h"
#include "ring/ring.h"
#include "ring/swap-check.h"
#include "layout/layout.h"
#include "wire/manager.h"
#include "common/container-of.h"

static int check_number(const char *field, uint32_t from, uint32_t to, struct note *note)
{
	char reason[80];

	if (from == to)
		return 0;
	snprintf(reason, sizeof(reason), "the ring was made with %u, the program needs %u", from,
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
			 "slot %u of the ring is \"%s\"; of the program it is \"%s\", or takes "
			 "other files",
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
		return 0; /* the parameters are out of reach; the present program has enough as it
			     is */
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
