/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state table, cell by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iourd/abi.h"
#include "ring/states.h"

/* In the order of enum phase: created is A, pausing P, paused D, resuming U, stopped T, rolling L.
 */
static const char letters[] = "CASRPDUTFEL";

/*
 * The phase after each input, in the order of enum input: start pause resume swap destroy ·
 * attached broken · running paused program-end paused-end error · broke roll · exited. '!':
 * refused.
 */
/* clang-format off */
static const char *const expected[PHASE_MAX] = {
	[PHASE_CREATING] = "!!!!E" "AE" "CCCCC" "CC" "E",
	[PHASE_CREATED] =  "S!!AE" "AA" "RAAAA" "AA" "E",
	[PHASE_STARTING] = "!!!!E" "SF" "RSTDF" "DS" "E",
	[PHASE_RUNNING] =  "!P!RE" "RR" "RDTDF" "DL" "E",
	[PHASE_PAUSING] =  "!!!!E" "PP" "PDTDF" "DP" "E",
	[PHASE_PAUSED] =   "!!UDE" "DD" "RDTDF" "DD" "E",
	[PHASE_RESUMING] = "!!!!E" "UU" "RUTUF" "DU" "E",
	[PHASE_STOPPED] =  "!!!!E" "TT" "TTTTT" "TT" "E",
	[PHASE_FAILED] =   "!!!!E" "FF" "FFFFF" "FF" "E",
	[PHASE_ENDING] =   "!!!!E" "EE" "EEEEE" "EE" "E",
	[PHASE_ROLLING] =  "!!!!E" "LL" "RLLLF" "DL" "E",
};
/* clang-format on */

static void test_every_cell_goes_where_it_should(void **state)
{
	for (enum phase phase = 0; phase < PHASE_MAX; phase++) {
		assert_int_equal(strlen(expected[phase]), INPUT_MAX);
		for (enum input input = 0; input < INPUT_MAX; input++) {
			const struct transition *cell = states_transition(phase, input);
			char want = expected[phase][input];

			if ((want == '!') != (cell->action == ACTION_REFUSE))
				fail_msg("phase %d input %d: refused or not", phase, input);
			if (want != '!' && letters[cell->next] != want)
				fail_msg("phase %d input %d: goes to %c, not %c", phase, input,
					 letters[cell->next], want);
		}
	}
}

static void test_actions_fit_their_cells(void **state)
{
	static const struct {
		enum phase next; /* PHASE_MAX: stays */
		bool request;
		bool any; /* both requests and what happens */
	} rules[] = {
		[ACTION_NONE] = {PHASE_MAX, false, false},
		[ACTION_REFUSE] = {PHASE_MAX, true, false},
		[ACTION_START] = {PHASE_STARTING, true, false},
		[ACTION_PAUSE] = {PHASE_PAUSING, true, false},
		[ACTION_RESUME] = {PHASE_RESUMING, true, false},
		[ACTION_SWAP] = {PHASE_MAX, true, false},
		[ACTION_CREATED] = {PHASE_CREATED, false, false},
		[ACTION_STARTED] = {PHASE_RUNNING, false, false},
		[ACTION_PAUSED] = {PHASE_PAUSED, false, false},
		[ACTION_RESUMED] = {PHASE_RUNNING, false, false},
		[ACTION_STOPPED] = {PHASE_STOPPED, false, false},
		[ACTION_FAILED] = {PHASE_FAILED, false, false},
		[ACTION_BROKEN] = {PHASE_PAUSED, false, false},
		[ACTION_ROLL] = {PHASE_ROLLING, false, false},
		[ACTION_ROLLED] = {PHASE_RUNNING, false, false},
		[ACTION_END] = {PHASE_ENDING, false, true},
		[ACTION_JOIN] = {PHASE_ENDING, true, false},
		[ACTION_GONE] = {PHASE_ENDING, false, false},
	};

	for (enum phase phase = 0; phase < PHASE_MAX; phase++)
		for (enum input input = 0; input < INPUT_MAX; input++) {
			const struct transition *cell = states_transition(phase, input);
			bool request = input <= INPUT_DESTROY;
			enum phase next = rules[cell->action].next;

			assert_int_equal(cell->next, next == PHASE_MAX ? phase : next);
			if (!rules[cell->action].any)
				assert_int_equal(request, rules[cell->action].request);
			/* Who is refused is told why. */
			assert_int_equal(cell->action == ACTION_REFUSE, !!cell->refusal);
			/* Nobody waits for ever: what changes the phase does something. */
			if (cell->next != phase)
				assert_int_not_equal(cell->action, ACTION_NONE);
		}
}

static void test_what_others_are_told(void **state)
{
	/* A ring that is only asked to change has not changed yet. */
	assert_int_equal(states_public(PHASE_STARTING), RING_CREATED);
	assert_int_equal(states_public(PHASE_PAUSING), RING_RUNNING);
	assert_int_equal(states_public(PHASE_RESUMING), RING_PAUSED);
	assert_int_equal(states_life(PHASE_STARTING), IOURD_RING_CREATED);
	assert_int_equal(states_life(PHASE_PAUSING), IOURD_RING_RUNNING);
	assert_int_equal(states_life(PHASE_RESUMING), IOURD_RING_PAUSED);
	assert_int_equal(states_life(PHASE_STOPPED), IOURD_RING_STOPPED);
	assert_int_equal(states_life(PHASE_FAILED), IOURD_RING_FAILED);
	assert_int_equal(states_life(PHASE_ENDING), IOURD_RING_ENDED);
	assert_int_equal(states_life(PHASE_ROLLING), IOURD_RING_RUNNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell_goes_where_it_should),
		cmocka_unit_test(test_actions_fit_their_cells),
		cmocka_unit_test(test_what_others_are_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/states", tests, NULL, NULL);
}
