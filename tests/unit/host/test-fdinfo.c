/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read from a ring's fdinfo, of the kernels that differ in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/fdinfo.h"
#include "host/host.h"

#define HEAD  "pos:\t0\nflags:\t02000002\nmnt_id:\t21\nino:\t1520\n"
#define QUEUE "SqMask:\t0x7f\nSqHead:\t0\nSQEs:\t0\nCQEs:\t0\nSqThread:\t-1\n"
#define FILES "UserFiles:\t2\n    0: /a\n    1: /b\nUserBufs:\t1\n    0: 0x100000001000/16384\n"
#define REST  "CqOverflowList:\nNAPI:\tdisabled\n"

static void test_lock(void **state)
{
	assert_true(fdinfo_lock_is_held(HEAD)); /* 7.x */
	assert_true(fdinfo_lock_is_held(""));
	assert_true(fdinfo_lock_is_held(
		HEAD QUEUE "UserFiles:\t2\nUserBufs:\t1\nPollList:\n" REST)); /* 6.12 */
	assert_false(fdinfo_lock_is_held(HEAD QUEUE FILES "PollList:\n" REST));
	assert_false(fdinfo_lock_is_held(HEAD QUEUE "UserFiles:\t2\n    1: /b\n"));
	assert_false(fdinfo_lock_is_held(HEAD QUEUE "UserFiles:\t0\nUserBufs:\t0\n"));
	assert_false(fdinfo_lock_is_held(HEAD QUEUE "UserFiles:\t2"));
}

static void test_poll_list(void **state)
{
	struct host_waits waits = {.opcode = -1, .slot = -1};

	fdinfo_read_poll_list(HEAD, &waits);
	fdinfo_read_poll_list(HEAD QUEUE FILES "PollList:\n" REST, &waits);
	fdinfo_read_poll_list(HEAD "PollList:\n", &waits);
	assert_int_equal(waits.requests, 0);
	fdinfo_read_poll_list(HEAD QUEUE FILES "PollList:\n  op=4, task_works=0\n"
					       "  op=4, task_works=1\n" REST,
			      &waits);
	assert_int_equal(waits.requests, 2);
	assert_int_equal(waits.opcode, 4);
	fdinfo_read_poll_list(HEAD QUEUE "PollList:\n  op=5, task_works=0", &waits);
	assert_int_equal(waits.requests, 3);
	assert_int_equal(waits.opcode, -1);
	assert_int_equal(waits.slot, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_poll_list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("host/fdinfo", tests, NULL, NULL);
}
