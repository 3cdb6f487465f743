/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * measure.h - time as instructions, and figures to print
 *
 * The bench runs in a guest with one processor and -icount shift=0: there a nanosecond of any clock
 * is one instruction. Elsewhere the same figures are nanoseconds.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t measure_now(void);
/* CPU time of all threads of @pid in nanoseconds; 0 if it has exited. */
uint64_t measure_task(pid_t pid);
/* Percentile @part; sorts @values. */
uint64_t measure_percentile(uint64_t *values, size_t n, unsigned int part);

/* Prints "name: r" for a failed step and ends the bench: partial figures are worthless. */
void measure_check(int r, const char *name) __attribute__((nonnull));

#endif
