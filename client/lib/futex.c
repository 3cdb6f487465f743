/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/futex.h"

int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t deadline_ns(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : now_ns() + timeout_ms * INT64_C(1000000);
}

int futex_wait_any(const struct futex_expect *expect, unsigned int n, int64_t deadline)
{
	struct timespec until = {
		.tv_sec = deadline / 1000000000,
		.tv_nsec = deadline % 1000000000,
	};
	struct futex_waitv waiters[FUTEX_EXPECT_MAX] = {};
	unsigned int i;

	assert(n <= FUTEX_EXPECT_MAX);
	for (i = 0; i < n; i++) {
		waiters[i].uaddr = (uintptr_t)expect[i].word;
		waiters[i].val = expect[i].value;
		waiters[i].flags = FUTEX_32; /* not private: other processes wake it */
	}
	if (syscall(SYS_futex_waitv, waiters, n, 0, deadline == INT64_MAX ? NULL : &until,
		    CLOCK_MONOTONIC) >= 0)
		return 0;
	return errno == EAGAIN ? 0 : -errno;
}

void futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
