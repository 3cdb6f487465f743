/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ledger.h - a ring is written down, for the daemon that comes after this one
 *
 * The ledger lies in the ring's pinned memory (kern/ledger.h). Each of these may be the last thing
 * that this daemon does: what they leave after any store is a ring as it was before, or after.
 */
#ifndef RING_LEDGER_H
#define RING_LEDGER_H

#include <stdint.h>

#include "kern/ledger.h"

struct program;
struct ring;

/* What never changes, once all of it is known; the ring is not committed yet. Fast. */
void ledger_begin(const struct ring *ring);
/* What has changed. Commits a ring that is created. Fast; fine for a ring without dispatcher. */
void ledger_note(const struct ring *ring);
/* The array is going to hold @program. */
void ledger_announce(const struct ring *ring, const struct program *program, uint64_t generation);

/*
 * A copy of what an earlier daemon wrote, with a swap that was under way settled by what the array
 * holds (@current: the program's id in the kernel).
 */
void ledger_settle(struct iourd_ledger *ledger, uint32_t current);

#endif
