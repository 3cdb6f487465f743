/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a ring's life: no fake is needed for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iourd/abi.h"
#include "ring/transitions.h"

/* A state and step, by a letter. */
static const struct place {
	char letter;
	enum ring_state state;
	enum ring_step step;
} places[] = {
	{'C', RING_CREATING, STEP_CREATE_ATTACH},
	{'A', RING_CREATED, STEP_NONE},
	{'S', RING_CREATED, STEP_START},
	{'R', RING_RUNNING, STEP_NONE},
	{'P', RING_RUNNING, STEP_PAUSE},
	{'D', RING_PAUSED, STEP_NONE},
	{'U', RING_PAUSED, STEP_RESUME},
	{'T', RING_STOPPED, STEP_NONE},
	{'F', RING_FAILED, STEP_NONE},
	{'E', RING_ENDING, STEP_END_DRAIN},
	{'L', RING_RUNNING, STEP_ROLL_BACK_RESUME},
	{'l', RING_RUNNING, STEP_ROLL_BACK_LOAD},
	{'a', RING_CREATED, STEP_SWAP_LOAD},
	{'r', RING_RUNNING, STEP_SWAP_LOAD},
	{'d', RING_PAUSED, STEP_SWAP_LOAD},
	{'p', RING_RUNNING, STEP_REPLACE_LOAD},
};

#define N_PLACES (sizeof(places) / sizeof(places[0]))

static const enum ring_event_kind columns[] = {
	REQUEST_START,
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_SWAP,
	REQUEST_DESTROY,
	STEP_DONE,
	HOST_REFUSED,
	HOST_RUNNING,
	HOST_PAUSED,
	LOOP_FINISHED,
	LOOP_PAUSED,
	LOOP_DETACHED,
	PROGRAM_FAILED,
	PROGRAM_FAILED_FALLBACK,
	HOST_DIED,
	PROGRAM_STALLED,
	PROGRAM_STALLED_FALLBACK,
	CLIENT_GONE,
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/*
 * Where each event leads: start pause resume swap destroy · step done, host refused · running
 * paused · finished loop-paused detached · failed, with fallback · died · stalled, with fallback ·
 * client gone.
 * '!': refused.
 */
static const struct {
	char from;
	const char *to;
} expected[] = {
	{'C', "!!!!E"
	      "AE"
	      "CC"
	      "CCC"
	      "CC"
	      "E"
	      "CC"
	      "E"},
	{'A', "S!!aE"
	      "AA"
	      "RA"
	      "AAA"
	      "AA"
	      "E"
	      "AA"
	      "E"},
	{'S', "!!!!E"
	      "SF"
	      "RS"
	      "TDF"
	      "DS"
	      "E"
	      "SS"
	      "E"},
	{'R', "!P!rE"
	      "RR"
	      "RD"
	      "TDF"
	      "Dl"
	      "E"
	      "Pp"
	      "E"},
	{'P', "!!!!E"
	      "PP"
	      "PD"
	      "TDF"
	      "DP"
	      "E"
	      "PP"
	      "E"},
	{'D', "!!UdE"
	      "DD"
	      "RD"
	      "TDF"
	      "DD"
	      "E"
	      "DD"
	      "E"},
	{'U', "!!!!E"
	      "UU"
	      "RU"
	      "TUF"
	      "DU"
	      "E"
	      "UU"
	      "E"},
	{'T', "!!!!E"
	      "TT"
	      "TT"
	      "TTT"
	      "TT"
	      "E"
	      "TT"
	      "E"},
	{'F', "!!!!E"
	      "FF"
	      "FF"
	      "FFF"
	      "FF"
	      "E"
	      "FF"
	      "E"},
	{'L', "!!!!E"
	      "LL"
	      "RL"
	      "LLF"
	      "DL"
	      "E"
	      "LL"
	      "E"},
};

static const struct place *place_of(char letter)
{
	for (size_t i = 0; i < N_PLACES; i++)
		if (places[i].letter == letter)
			return &places[i];
	fail_msg("no place %c", letter);
	return NULL;
}

static void test_every_event_leads_where_it_should(void **state)
{
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct place *from = place_of(expected[i].from);

		assert_int_equal(strlen(expected[i].to), N_COLUMNS);
		for (size_t j = 0; j < N_COLUMNS; j++) {
			const struct transition t = transition(from->state, from->step, columns[j]);
			char to = expected[i].to[j];

			if ((to == '!') != (t.refusal != NULL))
				fail_msg("%c, event %d: refused or not", from->letter, columns[j]);
			if (to != '!' &&
			    (t.state != place_of(to)->state || t.step != place_of(to)->step))
				fail_msg("%c, event %d: leads to %d/%d, not %c", from->letter,
					 columns[j], t.state, t.step, to);
		}
	}
}

/* A host dies while a swap on probation is under way; then a destroy arrives. */
static void test_death_in_a_swap_then_destroy(void **state)
{
	struct transition t = transition(RING_RUNNING, STEP_SWAP_UPDATE, HOST_DIED);

	assert_int_equal(t.state, RING_ENDING);
	assert_int_equal(t.step, STEP_END_DRAIN);
	assert_true(t.effects & EFFECT_CANCEL);
	t = transition(t.state, t.step, REQUEST_DESTROY);
	assert_int_equal(t.step, STEP_END_DRAIN);
	assert_int_equal(t.effects, EFFECT_JOIN);
	t = transition(t.state, t.step, STEP_DONE);
	assert_int_equal(t.step, STEP_END_RELEASE);
	t = transition(t.state, t.step, STEP_DONE);
	assert_int_equal(t.effects, EFFECT_FREE);
}

/* A step that fails ends, and its request is answered. */
static void test_every_step_can_fail(void **state)
{
	for (enum ring_step step = STEP_SWAP_OPEN; step <= STEP_ROLL_BACK_RESUME; step++) {
		const struct transition t = transition(RING_RUNNING, step, STEP_FAILED);
		bool replaces = step == STEP_REPLACE_LOAD || step == STEP_REPLACE_UPDATE;

		assert_int_equal(t.step, replaces ? STEP_PAUSE : STEP_NONE);
		if (step <= STEP_SWAP_UPDATE)
			assert_int_equal(t.reply, REPLY_RESULT);
		else /* a program that failed does not go on */
			assert_true(t.effects & (EFFECT_FORCE_PAUSE | EFFECT_HOLD));
	}
	for (enum ring_step step = STEP_CREATE_OPEN; step <= STEP_CREATE_ATTACH; step++)
		assert_int_equal(transition(RING_CREATING, step, STEP_FAILED).state, RING_ENDING);
}

static void test_every_request_has_an_outcome(void **state)
{
	for (enum ring_state at = RING_CREATING; at <= RING_ENDING; at++)
		for (enum ring_step step = 0; step < STEP_MAX; step++)
			for (enum ring_event_kind kind = REQUEST_START; kind <= REQUEST_DESTROY;
			     kind++) {
				const struct transition t = transition(at, step, kind);

				if (!t.refusal && t.step == step && !(t.effects & EFFECT_JOIN))
					fail_msg("state %d, step %d: request %d is ignored", at,
						 step, kind);
			}
}

/* A rule that another one hides is a mistake. */
static void test_every_rule_is_reached(void **state)
{
	for (size_t i = 0; i < n_transition_rules; i++) {
		const struct transition_rule *rule = &transition_rules[i];
		bool reached = false;

		for (unsigned int s = 0; s <= RING_ENDING && !reached; s++)
			for (unsigned int o = 0; o < STEP_MAX && !reached; o++)
				for (unsigned int e = 0; e < RING_EVENT_MAX && !reached; e++) {
					size_t j = 0;

					while (j < n_transition_rules &&
					       !(transition_rules[j].states & 1u << s &&
						 transition_rules[j].steps & 1u << o &&
						 transition_rules[j].events & 1u << e))
						j++;
					reached = j == i;
				}
		if (!reached)
			fail_msg("rule %zu is hidden by others (%s)", i, rule->refusal ?: "");
	}
}

static void test_numbers_of_the_ledger(void **state)
{
	static const struct {
		enum ring_state state;
		enum ring_step step;
		uint32_t number;
		enum ring_state read; /* what the next daemon makes of it */
	} numbers[] = {
		{RING_CREATING, STEP_CREATE_OPEN, 0, RING_CREATED},
		{RING_CREATED, STEP_NONE, 1, RING_CREATED},
		{RING_CREATED, STEP_START, 2, RING_CREATED},
		{RING_CREATED, STEP_SWAP_LOAD, 1, RING_CREATED},
		{RING_RUNNING, STEP_NONE, 3, RING_RUNNING},
		{RING_RUNNING, STEP_SWAP_UPDATE, 3, RING_RUNNING},
		{RING_RUNNING, STEP_REPLACE_LOAD, 3, RING_RUNNING},
		{RING_RUNNING, STEP_PAUSE, 4, RING_RUNNING},
		{RING_PAUSED, STEP_NONE, 5, RING_PAUSED},
		{RING_PAUSED, STEP_RESUME, 6, RING_PAUSED},
		{RING_STOPPED, STEP_NONE, 7, RING_STOPPED},
		{RING_FAILED, STEP_NONE, 8, RING_FAILED},
		{RING_ENDING, STEP_END_DRAIN, 9, RING_ENDING},
		{RING_RUNNING, STEP_ROLL_BACK_LOAD, 10, RING_RUNNING},
		{RING_RUNNING, STEP_ROLL_BACK_RESUME, 10, RING_RUNNING},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_int_equal(ring_state_number(numbers[i].state, numbers[i].step),
				 numbers[i].number);
		assert_int_equal(ring_state_of_number(numbers[i].number), numbers[i].read);
	}
	assert_int_equal(ring_state_of_number(4711), RING_CREATED);
	assert_int_equal(ring_state_life(RING_STOPPED), IOURD_RING_STOPPED);
	assert_int_equal(ring_state_life(RING_ENDING), IOURD_RING_ENDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event_leads_where_it_should),
		cmocka_unit_test(test_death_in_a_swap_then_destroy),
		cmocka_unit_test(test_every_step_can_fail),
		cmocka_unit_test(test_every_request_has_an_outcome),
		cmocka_unit_test(test_every_rule_is_reached),
		cmocka_unit_test(test_numbers_of_the_ledger),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/transitions", tests, NULL, NULL);
}
