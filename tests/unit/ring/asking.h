/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* asking.h - requests of ALICE for her ring "r1", and a look at what comes of them */
#ifndef TESTS_UNIT_RING_ASKING_H
#define TESTS_UNIT_RING_ASKING_H

#include "unit/ring/fixture.h"

typedef int (*ring_call)(struct manager *manager, const struct peer *peer, const char *name,
			 ring_done done, void *arg, struct note *note);

int ask(struct fixture *fixture, ring_call request, struct answer *answer, struct note *note);
/* Asks, and runs all that is to do: it succeeds. */
void expect_done(struct fixture *fixture, ring_call request, enum ring_state state);
/* It is refused at once, for a reason that says @why. */
void expect_busy(struct fixture *fixture, ring_call request, const char *why);

volatile struct iourd_dispatch *dispatch_of(struct fixture *fixture);
/* The region's head, as the client maps it: 4096 bytes. */
struct iourd_head *map_head(const struct answer *answer);

/* A running ring that was told to pause, and whose host says nothing of itself any more. */
void begin_pause(struct fixture *fixture, struct answer *answer, struct answer *pause);

#endif
