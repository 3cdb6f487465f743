/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users get turns: the number of a user's connections and messages does not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/container-of.h"
#include "net/loop.h"
#include "net/turns.h"

#define ALICE 1000u
#define BOB   1001u

struct waiter {
	struct turn turn;
	unsigned int served;
	unsigned int again; /* waits again that often */
	struct waiter *skips;
};

static unsigned int order; /* number of turns so far */

static void serve(struct turn *turn)
{
	struct waiter *waiter = container_of(turn, struct waiter, turn);

	assert_false(turn_waits(turn));
	order++;
	waiter->served++;
	if (waiter->skips)
		turn_skip(&waiter->skips->turn);
	if (waiter->again > 0) {
		waiter->again--;
		turn_wait(turn);
	}
}

static void waiter_init(struct turns *turns, struct waiter *waiter, uid_t uid, unsigned int again)
{
	*waiter = (struct waiter){.turn.serve = serve, .again = again};
	assert_int_equal(turn_init(turns, &waiter->turn, uid), 0);
	turn_wait(&waiter->turn);
	turn_wait(&waiter->turn); /* keeps its place */
}

static void test_by_user(void **state)
{
	struct waiter alice[50], bob;
	struct turns turns = {};
	struct loop *loop;

	assert_int_equal(loop_new(&loop), 0);
	turns_init(&turns, loop);
	for (size_t i = 0; i < 50; i++)
		waiter_init(&turns, &alice[i], ALICE, 100);
	waiter_init(&turns, &bob, BOB, 9);
	assert_int_equal(turns_count(&turns, ALICE), 50);
	order = 0;
	while (bob.served < 10)
		loop_run_once(loop);
	assert_true(order <= 20);	/* one of alice's for each of his */
	for (size_t i = 0; i < 50; i++) /* her own connections take turns, too */
		assert_true(alice[i].served <= 1);
	for (size_t i = 0; i < 50; i++)
		turn_done(&alice[i].turn);
	turn_done(&bob.turn);
	assert_int_equal(turns_count(&turns, ALICE), 0);
	turns_done(&turns);
	loop_free(loop);
}

static void test_skip(void **state)
{
	struct waiter first, second, third;
	struct turns turns = {};
	struct loop *loop;

	assert_int_equal(loop_new(&loop), 0);
	turns_init(&turns, loop);
	waiter_init(&turns, &first, ALICE, 0);
	waiter_init(&turns, &second, ALICE, 0);
	waiter_init(&turns, &third, ALICE, 0);
	first.skips = &second;
	for (unsigned int i = 0; i < 5; i++)
		loop_run_once(loop);
	assert_int_equal(first.served, 1);
	assert_int_equal(second.served, 0);
	assert_int_equal(third.served, 1);
	turn_done(&first.turn);
	turn_done(&second.turn);
	turn_done(&third.turn);
	turns_done(&turns);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_user),
		cmocka_unit_test(test_skip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net-turns", tests, NULL, NULL);
}
