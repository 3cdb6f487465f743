/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/ring/every-state.h"

const char *const state_rings[STATE_RINGS] = {"created", "running", "paused", "stopped", "failed"};

/* Leases, until the end of a test. */
static struct answer held[8];
static size_t n_held;

void states_hold(struct fixture *fixture, const char *name)
{
	make_ring(fixture, name, &held[n_held++]);
}

void states_done(struct fixture *fixture)
{
	while (n_held > 0)
		answer_done(&held[--n_held]);
	fixture_done(fixture);
}

struct ring_view state_view_of(struct fixture *fixture, const char *name)
{
	struct ring_view view = {};

	assert_int_equal(find_ring(fixture, name, NULL, &view), 0);
	return view;
}

bool state_is_there(struct fixture *fixture, const char *name)
{
	struct ring_view view;
	struct note note = {};
	int r = find_ring(fixture, name, &note, &view);

	note_done(&note);
	return r == 0;
}

void states_ask(struct fixture *fixture,
		int (*request)(struct manager *, const struct peer *, const char *, ring_done,
			       void *, struct note *),
		const char *name, int expected)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct note note = {};
	int r = request(fixture->manager, &alice, name, answer_ring, &answer, &note);

	fixture_run(fixture);
	assert_int_equal(r ?: answer.r, expected);
	note_done(&note);
	answer_done(&answer);
}

int states_swap(struct fixture *fixture, const char *name, const char *program)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct note note = {};
	int r = manager_ring_swap(fixture->manager, &alice, name, program, 0, answer_ring, &answer,
				  &note);

	fixture_run(fixture);
	r = r ?: answer.r;
	note_done(&note);
	answer_done(&answer);
	return r;
}

void states_make(struct fixture *fixture)
{
	for (size_t i = 0; i < STATE_RINGS; i++) {
		states_hold(fixture, state_rings[i]);
		if (i > 0)
			start_ring(fixture, state_rings[i]);
	}
	assert_int_equal(states_swap(fixture, "running", "paced"), 0);
	states_ask(fixture, manager_ring_pause, "paused", 0);
	set_last(fixture, "stopped", IOURD_STEP_PROGRAM);
	hosts_fake_returned(host_of(fixture, "stopped"), 0);
	hosts_fake_returned(host_of(fixture, "failed"), -EFAULT);
}
