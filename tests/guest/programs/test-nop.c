// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>
#include <liburing/io_uring.h>

#include "iourd/prog/nop.h"
#include "rig.h"

static struct rig_program nop;

static struct nop_params *open_nop(struct rig *rig, uint32_t depth, uint64_t operations)
{
	struct nop_params *params;

	rig_init(rig, &nop, &(struct rig_options){});
	params = rig->params;
	params->depth = depth;
	params->operations = operations;
	return params;
}

static void does_so_many(void **state)
{
	static const uint32_t depths[] = {1, 8, 32, 64};

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		struct rig rig;

		open_nop(&rig, depths[i], 10007);
		rig_start(&rig);
		assert_true(rig_await(&rig));
		assert_int_equal(rig_join(&rig), 0);
		assert_int_equal(rig.head->progress.state, IOURD_WORK_DONE);
		assert_int_equal(rig.head->progress.done, 10007);
		assert_int_equal(rig.head->progress.total, 10007);
		assert_int_equal(rig.head->progress.flight, 0);
		assert_int_equal(rig.head->progress.error, 0);
		rig_done(&rig);
	}
}

static void stops(void **state)
{
	struct rig rig;

	open_nop(&rig, 8, 0);
	rig_start(&rig);
	while (__atomic_load_n(&rig.head->progress.done, __ATOMIC_RELAXED) < 5000)
		usleep(1000);
	rig_stop(&rig);
	assert_true(rig_await(&rig));
	assert_int_equal(rig_join(&rig), 0);
	assert_int_equal(rig.head->progress.state, IOURD_WORK_STOPPED);
	assert_int_equal(rig.head->progress.flight, 0);
	rig_done(&rig);
}

static void ends_by_a_signal(void **state)
{
	struct rig rig;

	open_nop(&rig, 3, 0);
	rig_start(&rig);
	while (__atomic_load_n(&rig.head->progress.done, __ATOMIC_RELAXED) < 1000)
		usleep(1000);
	assert_int_equal(rig_interrupt(&rig), -EINTR);
	assert_int_equal(rig.head->progress.state, IOURD_WORK_RUNNING);
	rig_done(&rig);
}

static void depth_changes_while_it_runs(void **state)
{
	struct nop_params *params;
	struct rig rig;

	params = open_nop(&rig, 0, 0); /* 0 is taken as 1 */
	rig_start(&rig);
	for (uint32_t i = 0; i < 50; i++) {
		__atomic_store_n(&params->depth, i * 7 % 90, __ATOMIC_RELAXED);
		usleep(2000);
	}
	while (__atomic_load_n(&rig.head->progress.done, __ATOMIC_RELAXED) <= 50)
		usleep(1000);
	rig_stop(&rig);
	assert_true(rig_await(&rig));
	assert_int_equal(rig_join(&rig), 0);
	assert_int_equal(rig.head->progress.flight, 0);
	rig_done(&rig);
}

/* A NOP that is none: said, and the loop ends. */
static void refused_requests(void **state)
{
	struct nop_params *params;
	struct rig rig;

	rig_init(&rig, &nop, &(struct rig_options){.forbid = 1ull << IORING_OP_NOP});
	params = rig.params;
	params->depth = 16;
	rig_start(&rig);
	assert_true(rig_await(&rig));
	assert_int_equal(rig_join(&rig), 0);
	assert_int_equal(rig.head->progress.state, IOURD_WORK_FAILED);
	assert_int_equal(rig.head->progress.error, EIO);
	assert_int_equal(rig.head->progress.error_op, IORING_OP_NOP);
	rig_done(&rig);
}

static void once_done_it_stays_done(void **state)
{
	struct rig rig;

	open_nop(&rig, 1, 10);
	rig.head->progress.state = IOURD_WORK_DONE;
	rig_start(&rig);
	assert_int_equal(rig_join(&rig), 0);
	assert_int_equal(rig.head->progress.done, 0);
	rig_done(&rig);
}

/* Under full load; each operation is counted exactly once. */
static void swaps_lose_nothing(void **state)
{
	struct nop_params *params;
	struct rig_program other;
	struct rig rig;

	rig_program_init(&other, "nop");
	rig_init(&rig, &nop, &(struct rig_options){.swappable = true});
	params = rig.params;
	params->depth = 8;
	rig_start(&rig);
	for (unsigned int i = 0; i < 1000; i++)
		rig_swap(&rig, i % 2 ? &nop : &other);
	rig_stop(&rig);
	assert_true(rig_await(&rig));
	assert_int_equal(rig_join(&rig), 0);
	assert_int_equal(rig.head->progress.state, IOURD_WORK_STOPPED);
	assert_int_equal(rig.head->progress.flight, 0);
	rig_done(&rig);
	rig_program_done(&other);
}

static int load(void **state)
{
	rig_program_init(&nop, "nop");
	return 0;
}

static int unload(void **state)
{
	rig_program_done(&nop);
	return rig_check_kernel_log(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_so_many),
		cmocka_unit_test(stops),
		cmocka_unit_test(ends_by_a_signal),
		cmocka_unit_test(depth_changes_while_it_runs),
		cmocka_unit_test(swaps_lose_nothing),
		cmocka_unit_test(refused_requests),
		cmocka_unit_test(once_done_it_stays_done),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("programs-nop", tests, load, unload);
}
