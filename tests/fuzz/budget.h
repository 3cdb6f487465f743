/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * budget.h - what an input may cost, counted so that the speed of the machine does not matter
 *
 * Work is the number of regions of instrumented code that were entered: the sum of the profile's
 * counters. Memory is what malloc() and its relatives have handed out. Both count in builds for
 * libFuzzer only; in others they are 0.
 */
#ifndef TESTS_FUZZ_BUDGET_H
#define TESTS_FUZZ_BUDGET_H

#include <stddef.h>
#include <stdint.h>

/* Starts counting at 0. */
void budget_begin(void);
/* Aborts the run as soon as an allocation shows that the work exceeds this. */
void budget_limit(uint64_t work_max);

uint64_t budget_work(void);
/* Bytes that are allocated now, more than when budget_begin() was called; and the most there were.
 */
int64_t budget_bytes(void);
int64_t budget_peak(void);

/* Aborts the run if the input has cost more. */
void budget_check(uint64_t work_max, int64_t peak_max);

#endif
