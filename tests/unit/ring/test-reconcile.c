/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdicts on every combination of what an earlier daemon can leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "takeover/reconcile.h"

#define LEDGERS (LEDGER_ENDING + 1)
#define RUNNERS (RUNNER_UNRESPONSIVE + 1)

static struct reconcile_state state_at(unsigned int pins, unsigned int ledger, unsigned int runner,
				       bool program, bool adopted)
{
	return (struct reconcile_state){
		.folder = pins & 16,
		.array = pins & 1,
		.state = pins & 2,
		.dispatcher = pins & 4,
		.link = pins & 8,
		.ledger = ledger,
		.runner = runner,
		.program = program,
		.adopted = adopted,
	};
}

/* Calls @check for every combination that is possible: pins are in a folder. */
static size_t for_each_state(void (*check)(const struct reconcile_state *state,
					   enum reconcile_verdict verdict))
{
	size_t n = 0;

	for (unsigned int i = 0; i < 32 * LEDGERS * RUNNERS * 4; i++) {
		struct reconcile_state state =
			state_at(i % 32, i / 32 % LEDGERS, i / 32 / LEDGERS % RUNNERS,
				 i / 32 / LEDGERS / RUNNERS % 2, i / 32 / LEDGERS / RUNNERS / 2);
		const char *why = NULL;

		if (i % 32 > 0 && i % 32 < 16)
			continue;
		check(&state, reconcile(&state, &why));
		assert_non_null(why);
		n++;
	}
	return n;
}

static bool is_alive(const struct reconcile_state *state)
{
	return state->runner != RUNNER_NONE && state->runner != RUNNER_DEAD;
}

/* A ring that may run is not detached; if its process is ended, its end comes first. */
static void check_no_detaching(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	if (verdict != RECONCILE_RELEASE)
		return;
	if (state->adopted && is_alive(state)) { /* whose loop the pause flag ends */
		assert_false(state->state && state->ledger == LEDGER_COMMITTED);
		return;
	}
	assert_false(is_alive(state));
	assert_true(state->runner == RUNNER_DEAD || !state->link);
}

/* A ring that a client knows is not ended. */
static void check_no_ending(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	if (verdict == RECONCILE_END_AND_RELEASE) {
		assert_false(state->adopted); /* an application is never ended */
		assert_true(is_alive(state) && state->runner != RUNNER_UNRESPONSIVE);
		assert_false(state->state && state->ledger == LEDGER_COMMITTED);
	}
}

static void check_taking_over(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	bool whole = state->array && state->state && state->dispatcher && state->link;
	bool fit = whole && state->ledger == LEDGER_COMMITTED && state->runner == RUNNER_ALIVE &&
		   state->program;

	assert_int_equal(verdict == RECONCILE_TAKE_OVER, fit);
}

/* A ring that is dead, or that no client knows, is cleared away. */
static void check_nothing_stays(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	if (state->runner == RUNNER_DEAD)
		assert_int_equal(verdict, RECONCILE_RELEASE);
	if (state->runner == RUNNER_ALIVE && (!state->state || state->ledger != LEDGER_COMMITTED))
		assert_int_equal(verdict,
				 state->adopted ? RECONCILE_RELEASE : RECONCILE_END_AND_RELEASE);
	assert_int_equal(verdict == RECONCILE_NOTHING,
			 !state->folder && state->runner == RUNNER_NONE);
	if (state->runner == RUNNER_NONE && state->folder && !state->link)
		assert_int_equal(verdict, RECONCILE_RELEASE);
}

/* The unexpected cases that are left untouched. */
static void check_leaving(const struct reconcile_state *state, enum reconcile_verdict verdict)
{
	bool committed = state->state && state->ledger == LEDGER_COMMITTED;
	bool whole = state->array && state->dispatcher && state->link;
	bool strange = state->runner == RUNNER_UNRESPONSIVE ||
		       (state->runner == RUNNER_NONE && state->link) ||
		       (state->runner == RUNNER_STRANGER && committed) ||
		       (state->runner == RUNNER_ALIVE && committed && (!whole || !state->program));

	assert_int_equal(verdict == RECONCILE_LEAVE, strange);
}

static void test_every_subset(void **state)
{
	static void (*const checks[])(const struct reconcile_state *state,
				      enum reconcile_verdict verdict) = {
		check_no_detaching, check_no_ending,	 check_taking_over,
		check_leaving,	    check_nothing_stays,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		assert_int_equal(for_each_state(checks[i]), 17 * LEDGERS * RUNNERS * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_subset),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/reconcile", tests, NULL, NULL);
}
