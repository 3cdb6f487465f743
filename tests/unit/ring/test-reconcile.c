/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdicts on every combination of what an earlier daemon can leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "takeover/reconcile.h"

#define LEDGERS	  (LEDGER_ENDING + 1)
#define RUNNERS	  (RUNNER_UNRESPONSIVE + 1)
#define PROCESSES (PROCESS_ALIVE + 1)
#define STATES	  (LEDGERS * RUNNERS * PROCESSES * 4)

/* @n < 32 * STATES */
static struct reconcile_state state_at(unsigned int n)
{
	unsigned int pins = n % 32, ledger = n / 32 % LEDGERS, rest = n / 32 / LEDGERS;

	return (struct reconcile_state){
		.folder = pins & 16,
		.array = pins & 1,
		.state = pins & 2,
		.dispatcher = pins & 4,
		.link = pins & 8,
		.ledger = ledger,
		.runner = rest % RUNNERS,
		.process = rest / RUNNERS % PROCESSES,
		.program = rest / RUNNERS / PROCESSES % 2,
		.adopted = rest / RUNNERS / PROCESSES / 2,
	};
}

/* Calls @check for every combination that is possible: pins are in a folder. */
static size_t for_each_state(void (*check)(const struct reconcile_state *state,
					   enum reconcile_verdict verdict))
{
	size_t n = 0;

	for (unsigned int i = 0; i < 32 * STATES; i++) {
		struct reconcile_state state = state_at(i);
		const char *why = NULL;

		if (i % 32 > 0 && i % 32 < 16)
			continue;
		check(&state, reconcile(&state, &why));
		assert_non_null(why);
		n++;
	}
	return n;
}

/* A client knows, or knew, the ring. */
static bool is_made(const struct reconcile_state *state)
{
	return state->state &&
	       (state->ledger == LEDGER_COMMITTED || state->ledger == LEDGER_ENDING);
}

static bool is_committed(const struct reconcile_state *state)
{
	return state->state && state->ledger == LEDGER_COMMITTED;
}

/* By its socket, as far as the ledger does not know better. */
static bool may_live(const struct reconcile_state *state)
{
	bool socket = state->runner == RUNNER_STRANGER || state->runner == RUNNER_UNRESPONSIVE;

	if (is_made(state) && state->process == PROCESS_ALIVE)
		return true;
	if (is_made(state) && state->process == PROCESS_DEAD && socket)
		return false;
	return state->runner == RUNNER_ALIVE || socket;
}

/* A ring that may run is not detached; if its process is ended, its end comes first. */
static void check_no_detaching(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	if (verdict != RECONCILE_RELEASE)
		return;
	if (state->adopted) { /* whose loop the pause flag ends */
		assert_false(is_committed(state) && may_live(state) &&
			     state->runner != RUNNER_DEAD && state->link && state->array &&
			     state->dispatcher && state->program);
		return;
	}
	assert_true(!may_live(state) || !state->link || !state->array || !state->dispatcher ||
		    !state->program);
}

/* A ring that a client knows is not ended. */
static void check_no_ending(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	if (verdict == RECONCILE_END_AND_RELEASE) {
		assert_false(state->adopted); /* an application is never ended */
		assert_true(state->runner == RUNNER_ALIVE || state->runner == RUNNER_STRANGER);
		assert_false(is_committed(state));
	}
}

/* No process that runs a ring can keep it from being taken over. */
static void check_taking_over(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	bool fit = state->array && state->dispatcher && state->link && state->program;
	bool closed = state->adopted && state->runner == RUNNER_DEAD;

	if (!is_made(state) || !fit) {
		assert_int_not_equal(verdict, RECONCILE_TAKE_OVER);
		return;
	}
	if (state->process == PROCESS_ALIVE && !closed)
		assert_true(verdict == RECONCILE_TAKE_OVER || verdict == RECONCILE_END_AND_RELEASE);
	if (state->runner == RUNNER_ALIVE && is_committed(state))
		assert_int_equal(verdict, RECONCILE_TAKE_OVER);
	if (verdict == RECONCILE_TAKE_OVER)
		assert_true(state->process == PROCESS_ALIVE || state->adopted ||
			    state->runner == RUNNER_ALIVE);
}

/* A ring that is dead, or that no client knows, is cleared away. */
static void check_nothing_stays(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	if (state->runner == RUNNER_DEAD && verdict != RECONCILE_TAKE_OVER)
		assert_int_equal(verdict, RECONCILE_RELEASE);
	if (state->runner == RUNNER_ALIVE && !is_made(state))
		assert_int_equal(verdict,
				 state->adopted ? RECONCILE_RELEASE : RECONCILE_END_AND_RELEASE);
	if (state->adopted && state->runner == RUNNER_UNRESPONSIVE && !is_made(state))
		assert_int_equal(verdict, RECONCILE_RELEASE);
	assert_int_equal(verdict == RECONCILE_NOTHING,
			 !state->folder && state->runner == RUNNER_NONE);
	if (state->runner == RUNNER_NONE && state->folder && !state->link)
		assert_int_equal(verdict, RECONCILE_RELEASE);
}

/* What is left untouched: damaged pins, or a ledger that names no process. */
static void check_leaving(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	bool fit = state->array && state->dispatcher && state->link && state->program;

	if (verdict != RECONCILE_LEAVE)
		return;
	assert_true(!is_made(state) || state->process == PROCESS_UNKNOWN || !fit);
	assert_true(state->runner != RUNNER_DEAD);
}

static void test_every_subset(void **state)
{
	static void (*const checks[])(const struct reconcile_state *state,
				      enum reconcile_verdict verdict) = {
		check_no_detaching, check_no_ending,	 check_taking_over,
		check_leaving,	    check_nothing_stays,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		assert_int_equal(for_each_state(checks[i]), 17 * STATES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_subset),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/reconcile", tests, NULL, NULL);
}
