/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "budget.h"

#include "fuzz.h"

#ifdef IOURINGD_FUZZ
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include <sanitizer/allocator_interface.h>

#define CHECK_EVERY 65536u /* allocations: to add up the counters takes a while */

/* Of the profile's runtime, which has no header. */
uint64_t *__llvm_profile_begin_counters(void);
uint64_t *__llvm_profile_end_counters(void);

static pthread_t counted; /* libFuzzer has threads of its own */
static int64_t bytes, peak;
static uint64_t work_before, work_limit = UINT64_MAX;
static unsigned int mallocs;

static uint64_t work_so_far(void)
{
	const uint64_t *end = __llvm_profile_end_counters();
	uint64_t sum = 0;

	for (const uint64_t *at = __llvm_profile_begin_counters(); at < end; at++)
		sum += *at;
	return sum;
}

static void on_malloc(const volatile void *at, size_t size)
{
	if (!pthread_equal(pthread_self(), counted))
		return;
	bytes += (int64_t)size;
	if (bytes > peak)
		peak = bytes;
	if (++mallocs % CHECK_EVERY == 0 && work_so_far() - work_before > work_limit)
		fuzz_fail("the work stays within its limit", __FILE__, __LINE__);
}

static void on_free(const volatile void *at)
{
	if (at && pthread_equal(pthread_self(), counted))
		bytes -= (int64_t)__sanitizer_get_allocated_size(at);
}

void budget_begin(void)
{
	if (!counted) {
		counted = pthread_self();
		MUST(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0);
	}
	bytes = peak = 0;
	work_limit = UINT64_MAX;
	work_before = work_so_far();
}

void budget_limit(uint64_t work_max)
{
	work_limit = work_max;
}

uint64_t budget_work(void)
{
	return work_so_far() - work_before;
}

int64_t budget_bytes(void)
{
	return bytes;
}

int64_t budget_peak(void)
{
	return peak;
}

void budget_check(uint64_t work_max, int64_t peak_max)
{
	uint64_t work = budget_work();

	if (work > work_max || peak > peak_max)
		fprintf(stderr,
			"the input took %" PRIu64 " units of work, limit %" PRIu64 "; %" PRId64
			" bytes, limit %" PRId64 "\n",
			work, work_max, peak, peak_max);
	MUST(work <= work_max);
	MUST(peak <= peak_max);
}
#else
void budget_begin(void)
{
}

void budget_limit(uint64_t work_max)
{
}

uint64_t budget_work(void)
{
	return 0;
}

int64_t budget_bytes(void)
{
	return 0;
}

int64_t budget_peak(void)
{
	return 0;
}

void budget_check(uint64_t work_max, int64_t peak_max)
{
}
#endif
