/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * futex.h - sleeping on words of a region, which other processes and the kernel's loop wake
 */
#ifndef LIB_FUTEX_H
#define LIB_FUTEX_H

#include <stdint.h>

struct futex_expect {
	const uint32_t *word;
	uint32_t value;
};

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t now_ns(void);
/* The deadline of a timeout in milliseconds, -1: none (INT64_MAX). */
int64_t deadline_ns(int timeout_ms);

#define FUTEX_EXPECT_MAX 4u

/*
 * Sleeps while all of the @n words hold their values, until @deadline (of now_ns()) at the latest.
 * 0: look again; -ETIMEDOUT; -EINTR.
 */
int futex_wait_any(const struct futex_expect *expect, unsigned int n, int64_t deadline);
/* Wakes all who sleep on @word, in whatever process. */
void futex_wake(uint32_t *word);

#endif
