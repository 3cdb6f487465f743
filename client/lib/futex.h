/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * futex.h - waiting on words of a region, which other processes and the loop program wake
 */
#ifndef LIB_FUTEX_H
#define LIB_FUTEX_H

#include <stdint.h>

struct futex_expect {
	const uint32_t *word;
	uint32_t value;
};

/* The time of CLOCK_MONOTONIC, in nanoseconds. */
int64_t now_ns(void);
/* The deadline, in the time of now_ns(), of a timeout in milliseconds; -1: none (INT64_MAX). */
int64_t deadline_ns(int timeout_ms);

#define FUTEX_EXPECT_MAX 4u

/*
 * Sleeps while all of the @n words hold their values, at most until @deadline (in the time of
 * now_ns()). 0: a word may have changed, check again; -ETIMEDOUT; -EINTR.
 */
int futex_wait_any(const struct futex_expect *expect, unsigned int n, int64_t deadline);
/* Wakes all that sleep on @word, in any process. */
void futex_wake(uint32_t *word);

#endif
