/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The next daemon cannot connect to the processes of rings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/ring/every-state.h"

/* A host accepts no connection, or another user's process listens in its place. */
static void test_out_of_reach(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	hosts_fake_set_unresponsive(host_search(&fixture, "running"));
	hosts_fake_set_unresponsive(host_search(&fixture, "created"));
	pinned_of(&fixture, "paused")->record.ledger.uid = BOB;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(fixture_manage(&fixture), 0);
		fixture_run(&fixture);
		assert_int_equal(state_view_of(&fixture, "running").state, RING_PAUSED);
		assert_int_equal(state_view_of(&fixture, "paused").state, RING_PAUSED);
		assert_int_equal(state_view_of(&fixture, "created").state, RING_CREATED);
		assert_int_equal(pinned_of(&fixture, "running")->record.dispatch.pause, 1);
		assert_int_equal(pinned_of(&fixture, "created")->record.dispatch.pause, 1);
		assert_string_equal(state_view_of(&fixture, "running").reason,
				    "iouringd could not connect to its host when it started");
		assert_true(state_view_of(&fixture, "running").region_fd >= 0);
		states_ask(&fixture, manager_ring_resume, "running", FAULT_RING_BUSY);
		states_ask(&fixture, manager_ring_start, "created", FAULT_RING_BUSY);
		assert_int_equal(pinned_of(&fixture, "running")->record.dispatch.pause, 1);
		if (again == 0)
			fixture_kill(&fixture);
	}
	pinned_of(&fixture, "paused")->record.ledger.uid = ALICE;
	for (size_t i = 0; i < STATE_RINGS; i++)
		destroy_ring(&fixture, state_rings[i]);
	states_done(&fixture);
}

/* Its process has ended, and the socket leads to nobody: nothing is kept of it. */
static void test_ended_out_of_reach(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	hosts_fake_set_unresponsive(host_search(&fixture, "running"));
	/* the pid is another process's */
	pinned_of(&fixture, "running")->record.ledger.process_inode++;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_false(state_is_there(&fixture, "running"));
	hosts_fake_die(host_search(&fixture, "running"));
	fixture.hosts->ops->remove_socket(fixture.hosts, "u1000-running");
	states_done(&fixture);
}

/* Its host was killed, but one of its threads waits in the kernel, with the lock of the ring. */
static void test_neither_running_nor_gone(void **state)
{
	struct kern_fake_tally tally;
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	hosts_fake_set_stuck(host_search(&fixture, "running"), true);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_false(state_is_there(&fixture, "running"));
	/* nothing was detached; the name is free */
	assert_null(pinned_of(&fixture, "running"));
	assert_non_null(pinned_of(&fixture, "running-ending-1"));
	assert_true(state_is_there(&fixture, "created"));
	/* that name is kept from one daemon to the next */
	fixture_kill(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_non_null(pinned_of(&fixture, "running-ending-1"));
	make_and_destroy_ring(&fixture, "running");
	fixture_kill(&fixture);
	hosts_fake_set_stuck(host_search(&fixture, "running-ending-1"), false);
	hosts_fake_die(host_search(&fixture, "running-ending-1"));
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_null(pinned_of(&fixture, "running-ending-1"));
	kern_fake_tally(fixture.kern, &tally);
	assert_int_equal(tally.pins, STATE_RINGS - 1);
	states_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_reach),
		cmocka_unit_test(test_ended_out_of_reach),
		cmocka_unit_test(test_neither_running_nor_gone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/out-of-reach", tests, NULL, NULL);
}
