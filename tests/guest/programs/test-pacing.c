// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-pacing.c - the rate of copy-paced, and the way between copy and copy-paced and back */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "copying.h"

#define MIB    (UINT64_C(1) << 20)
#define SECOND UINT64_C(1000000000)

/* Bytes per second over @milliseconds of a running copy. */
static uint64_t measure(struct copying *copying, unsigned int milliseconds)
{
	uint64_t from, done, start;

	start = rig_now();
	from = __atomic_load_n(&copying->progress->done, __ATOMIC_RELAXED);
	usleep(milliseconds * 1000);
	done = __atomic_load_n(&copying->progress->done, __ATOMIC_RELAXED) - from;
	return done * SECOND / (rig_now() - start);
}

static void assert_near(uint64_t rate, uint64_t wanted)
{
	if (rate < wanted * 9 / 10 || rate > wanted * 11 / 10)
		fail_msg("%llu bytes per second where %llu were asked for",
			 (unsigned long long)rate, (unsigned long long)wanted);
}

static void set_rate(struct copying *copying, uint64_t rate)
{
	__atomic_store_n(&copying->params->bytes_per_second, rate, __ATOMIC_RELAXED);
}

/* The first 100 ms after a change are the old rate's. */
static void keeps_to_rates(void **state)
{
	static const uint64_t rates[] = {20 * MIB, 2 * MIB, 300000, 10 * MIB};
	struct copying copying;

	copying_init(&copying, &paced_program, copying_file("source", 64 * MIB),
		     copying_file("target", 0), 16, 65536, false);
	set_rate(&copying, rates[0]);
	rig_start(&copying.rig);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		set_rate(&copying, rates[i]);
		usleep(300000);
		assert_near(measure(&copying, 1500), rates[i]);
	}
	/* no limit any more */
	set_rate(&copying, 0);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);
}

static uint64_t cpu_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static void sleeps_while_it_waits(void **state)
{
	struct copying copying;
	uint64_t before;

	copying_init(&copying, &paced_program, copying_file("source", 4 * MIB),
		     copying_file("target", 0), 4, 65536, false);
	set_rate(&copying, 10000);
	rig_start(&copying.rig);
	usleep(200000);
	before = cpu_time();
	usleep(1000000);
	assert_true(cpu_time() - before < SECOND / 4);
	rig_stop(&copying.rig);
	copying_run(&copying, IOURD_WORK_STOPPED);
	copying_done(&copying);
}

static void swaps_lose_nothing(void **state)
{
	struct copying copying;
	unsigned int swaps = 0;

	copying_init(&copying, &copy_program, copying_file("source", 96 * MIB + 12345),
		     copying_file("target", 0), 16, 32768, true);
	set_rate(&copying, 40 * MIB);
	rig_start(&copying.rig);
	while (__atomic_load_n(&copying.progress->state, __ATOMIC_RELAXED) <= IOURD_WORK_RUNNING) {
		rig_swap(&copying.rig, swaps++ % 2 ? &copy_program : &paced_program);
		/* long as copy-paced, short as copy: both shall have their part */
		usleep(swaps % 2 ? 60000 : 5000);
	}
	copying_run(&copying, IOURD_WORK_DONE);
	print_message("# %u swaps\n", swaps);
	assert_true(swaps > 10);
	assert_same(copying.source, copying.target, UINT64_MAX);
	assert_int_equal(copying.progress->done, 96 * MIB + 12345);
	copying_done(&copying);
}

/* A timeout that copy-paced left is not taken for anything else, and waited for at the end. */
static void timeout_is_left_over(void **state)
{
	struct copying copying;

	copying_init(&copying, &paced_program, copying_file("source", 2 * MIB),
		     copying_file("target", 0), 4, 65536, true);
	set_rate(&copying, 100000);
	rig_start(&copying.rig);
	usleep(300000);
	rig_swap(&copying.rig, &copy_program);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_to_rates),
		cmocka_unit_test(sleeps_while_it_waits),
		cmocka_unit_test(swaps_lose_nothing),
		cmocka_unit_test(timeout_is_left_over),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("programs-pacing", tests, copying_load, copying_unload);
}
