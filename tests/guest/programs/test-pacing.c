// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-pacing.c - the rate of copy-paced, and the way between copy and copy-paced and back */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <unistd.h>

#include <cmocka.h>

#include "copying.h"

#define MIB	   (UINT64_C(1) << 20)
#define SECOND	   UINT64_C(1000000000)
#define BLOCK_SIZE UINT64_C(65536)

/*
 * What a thread makes of its time that waits as copy-paced does: it sleeps for one block, and time
 * beyond 100 ms after the last one is lost. So a busy machine disturbs both alike.
 */
struct sleeper {
	pthread_t thread;
	uint64_t interval; /* ns for a block */
	uint64_t earned;   /* ns */
	bool stop;
};

static void *sleep_on(void *argument)
{
	struct sleeper *sleeper = argument;
	uint64_t last = rig_now(), now, elapsed;

	while (!__atomic_load_n(&sleeper->stop, __ATOMIC_ACQUIRE)) {
		usleep(sleeper->interval / 1000);
		now = rig_now();
		elapsed = now - last;
		sleeper->earned += elapsed < SECOND / 10 ? elapsed : SECOND / 10;
		last = now;
	}
	return NULL;
}

struct measured {
	uint64_t done;	   /* bytes */
	uint64_t limit;	   /* bytes: what the rate allows in that time */
	uint64_t expected; /* bytes: what the sleeper would have copied */
};

/* A second of a running copy, or longer. */
static struct measured measure(struct copying *copying, uint64_t rate)
{
	uint64_t block = rate / 20 < BLOCK_SIZE ? rate / 20 : BLOCK_SIZE;
	struct sleeper sleeper = {.interval = block * SECOND / rate};
	struct measured measured;
	uint64_t start, from, flight;

	assert_int_equal(pthread_create(&sleeper.thread, NULL, sleep_on, &sleeper), 0);
	start = rig_now();
	/* those in flight may all have been due before */
	flight = __atomic_load_n(&copying->progress->flight, __ATOMIC_RELAXED);
	from = __atomic_load_n(&copying->progress->done, __ATOMIC_RELAXED);
	usleep(1000000);
	measured.done = __atomic_load_n(&copying->progress->done, __ATOMIC_RELAXED) - from;
	measured.limit = rate * (rig_now() - start) / SECOND + flight * BLOCK_SIZE;
	__atomic_store_n(&sleeper.stop, true, __ATOMIC_RELEASE);
	pthread_join(sleeper.thread, NULL);
	measured.expected = rate * sleeper.earned / SECOND;
	return measured;
}

/* Never above the rate by more than 10 %, and up to 90 % of what a thread can do that sleeps as
 * often. */
static void assert_keeps_to(struct copying *copying, uint64_t rate)
{
	struct measured measured;
	bool reached = false;

	for (unsigned int i = 0; i < 20 && !reached; i++) {
		measured = measure(copying, rate);
		if (measured.done > measured.limit / 10 * 11)
			fail_msg("%llu bytes where %llu bytes per second allow %llu",
				 (unsigned long long)measured.done, (unsigned long long)rate,
				 (unsigned long long)measured.limit);
		reached = measured.done >= measured.expected / 10 * 9;
	}
	if (!reached)
		fail_msg("%llu bytes where a thread that sleeps as often gets to %llu",
			 (unsigned long long)measured.done, (unsigned long long)measured.expected);
}

static void keeps_to_rates(void **state)
{
	static const uint64_t rates[] = {6 * MIB, MIB, 300000, 4 * MIB};
	struct copying copying;

	copying_init(&copying, &paced_program, copying_file("source", 256 * MIB),
		     copying_file("target", 0), 4, BLOCK_SIZE, false);
	copying_set_rate(&copying, rates[0]);
	rig_start(&copying.rig);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		copying_set_rate(&copying, rates[i]);
		/* the blocks that were started at the rate before */
		copying_await(&copying, copying.progress->done + 5 * BLOCK_SIZE);
		assert_keeps_to(&copying, rates[i]);
	}
	/* no limit any more */
	copying_set_rate(&copying, 0);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);
}

/* 20 blocks in a second, each with a read, a write and a timeout. */
static void sleeps_while_it_waits(void **state)
{
	struct copying copying;
	uint64_t before, start, steps;

	copying_init(&copying, &paced_program, copying_file("source", 4 * MIB),
		     copying_file("target", 0), 4, 65536, true);
	copying_set_rate(&copying, 10000);
	rig_start(&copying.rig);
	copying_await(&copying, 1);
	start = rig_now();
	before = rig_steps(&copying.rig);
	usleep(1000000);
	rig_await_steps(&copying.rig, before);
	steps = rig_steps(&copying.rig) - before;
	assert_true(steps < 200 * (rig_now() - start) / SECOND);
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
	copying_set_rate(&copying, 40 * MIB);
	rig_start(&copying.rig);
	while (__atomic_load_n(&copying.progress->state, __ATOMIC_RELAXED) <= IOURD_WORK_RUNNING) {
		rig_swap(&copying.rig, swaps++ % 2 ? &copy_program : &paced_program);
		/* each program gets its part, copy-paced the larger one */
		copying_await(&copying, copying.progress->done + (swaps % 2 ? 2 * MIB : 32768));
	}
	copying_run(&copying, IOURD_WORK_DONE);
	print_message("# %u swaps\n", swaps);
	assert_true(swaps > 10);
	assert_same(copying.source, copying.target, UINT64_MAX);
	assert_int_equal(copying.progress->done, 96 * MIB + 12345);
	copying_done(&copying);
}

/* copy takes a timeout that copy-paced left for nothing else, and waits for it at the end. */
static void timeout_is_left_over(void **state)
{
	struct copying copying;
	uint64_t steps;

	copying_init(&copying, &paced_program, copying_file("source", 2 * MIB),
		     copying_file("target", 0), 4, 65536, true);
	copying_set_rate(&copying, 100000);
	rig_start(&copying.rig);
	/* a step after a block's end: the loop waits for its time, with nothing else in flight */
	copying_await(&copying, 1);
	steps = rig_steps(&copying.rig);
	rig_await_steps(&copying.rig, steps);
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
