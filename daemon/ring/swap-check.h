/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* swap-check.h - whether a ring can go on with another program */
#ifndef RING_SWAP_CHECK_H
#define RING_SWAP_CHECK_H

#include "kern/kern.h"

struct note;
struct ring;

/*
 * 0, or FAULT_LAYOUT_MISMATCH with the first thing that differs: the parameters (field by field),
 * what the ring was made with (queues, slots, opcodes), or the data area that @to needs.
 */
int swap_check(const struct ring *ring, const struct kern_program_info *to, struct note *note);
/* 0, or FAULT_GENERATION_MISMATCH; @expected 0: any. */
int swap_check_generation(const struct ring *ring, uint64_t expected, struct note *note);

#endif
