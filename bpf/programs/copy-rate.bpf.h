/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy-rate.bpf.h - limits the rate to bytes_per_second
 *
 * Starting a block incurs a debt, which time pays off at the rate. While it is positive no block is
 * started. Credit is limited: a pause or a slow file does not allow a burst afterwards.
 */
#ifndef COPY_RATE_BPF_H
#define COPY_RATE_BPF_H

#include "copy-state.bpf.h"

#define COPY_SECOND 1000000000ull

/* Pays off the debt for the time since the last step. Returns the rate, or 0 for no limit. */
static __always_inline __u64 copy_earn(struct copy_params *params)
{
	__u64 rate = copy_min(iourd_read(params->bytes_per_second), COPY_RATE_MAX);
	__u64 now, elapsed, earned;
	__s64 debt;

	if (!rate) {
		params->paced_debt = 0;
		params->paced_rate = 0;
		return 0;
	}
	now = bpf_ktime_get_ns();
	debt = params->paced_debt;
	if (rate != params->paced_rate) { /* the new rate applies from now on */
		params->paced_rate = rate;
		params->paced_since = now;
		if (debt > (__s64)(rate / 10))
			debt = rate / 10;
	}
	elapsed = now - params->paced_since;
	if (elapsed > COPY_SECOND / 10) { /* paused, or the source is slower than the rate */
		elapsed = COPY_SECOND / 10;
		params->paced_since = now - elapsed;
	}
	earned = rate * elapsed / COPY_SECOND;
	params->paced_since += earned * COPY_SECOND / rate; /* the remainder counts later */
	debt -= earned;
	if (debt < -(__s64)(rate / 100))
		debt = -(__s64)(rate / 100);
	params->paced_debt = debt;
	return rate;
}

/* The largest block, which lasts at most 50 ms at the rate (but not less than 512 bytes). */
static __always_inline __u32 copy_largest(__u64 rate)
{
	__u64 largest = rate / 20;

	if (!rate || largest > COPY_BLOCK_MAX)
		return COPY_BLOCK_MAX;
	return largest < 4096 ? largest & ~511ull : largest & ~4095ull;
}

/* Causes a step when the debt is paid, unless another completion does so earlier. */
static __always_inline void copy_set_timer(const struct iourd_ring *ring,
					   struct copy_region *region, __u64 rate)
{
	struct copy_private *own = iourd_private(ring, struct copy_private);
	struct copy_params *params = &region->params;
	__u64 time = params->paced_debt * COPY_SECOND / rate;

	if (time < COPY_SECOND / 1000)
		time = COPY_SECOND / 1000;
	params->timeout[0] = 0;
	params->timeout[1] = copy_min(time, COPY_SECOND / 10);
	own->timer = 1;
	iourd_prepare_timeout(ring, &region->head,
			      __builtin_offsetof(struct copy_region, params.timeout),
			      iourd_user_data(COPY_KIND_TIMER, 0));
}

#endif
