/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* every-state.h - rings of ALICE's, one in each stable state, and requests for them */
#ifndef TESTS_UNIT_RING_EVERY_STATE_H
#define TESTS_UNIT_RING_EVERY_STATE_H

#include <stdbool.h>

#include "unit/ring/fixture.h"

#define STATE_RINGS 5

extern const char *const state_rings[STATE_RINGS]; /* named as their states */

/* Makes one more ring, whose lease is held until states_done(). */
void states_hold(struct fixture *fixture, const char *name);
/* A ring in each stable state; "running" was swapped. */
void states_make(struct fixture *fixture);
/* Closes all leases; then fixture_done(). */
void states_done(struct fixture *fixture);
struct ring_view state_view_of(struct fixture *fixture, const char *name);
bool state_is_there(struct fixture *fixture, const char *name);
/* Asserts that the request ends with @expected. */
void states_ask(struct fixture *fixture,
		int (*request)(struct manager *, const struct peer *, const char *, ring_done,
			       void *, struct note *),
		const char *name, int expected);
/* What the swap ends with. */
int states_swap(struct fixture *fixture, const char *name, const char *program);

#endif
