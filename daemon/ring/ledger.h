/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ledger.h - keeps the ledger of a ring, from which the next daemon takes the ring over
 *
 * The ledger is in the ring's pinned memory (kern/ledger.h). The daemon may die after any store:
 * each of these functions leaves the ring as it was before, or as it is after.
 */
#ifndef RING_LEDGER_H
#define RING_LEDGER_H

#include <stdint.h>

#include "kern/ledger.h"

struct program;
struct ring;

/* Writes what never changes, once all of it is known. The ring is not committed yet. Fast. */
void ledger_begin(const struct ring *ring);
/* Writes what has changed; commits a ring that is created. Fast; without a dispatcher it does
 * nothing. */
void ledger_update(const struct ring *ring);
/* Writes which process runs the ring. Fast. */
void ledger_set_process(const struct ring *ring);
/* The array is about to hold @program. */
void ledger_announce(const struct ring *ring, const struct program *program, uint64_t generation);

/*
 * Of a copy of a ledger: decides whether a swap that was under way took place, by the program that
 * the array holds (@current: its id in the kernel).
 */
void ledger_resolve_pending_swap(struct iourd_ledger *ledger, uint32_t current);

#endif
