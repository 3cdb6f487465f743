/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* restore.h - a ring of an earlier daemon becomes one of this daemon's */
#ifndef RING_RESTORE_H
#define RING_RESTORE_H

#include "ring/types.h"

struct ring;

/*
 * Fills a new ring from its ledger; takes over its dispatcher and its host, which is asked for its
 * state (ring->awaited). A ring whose host cannot be reached is paused, and one whose end had been
 * requested begins to end. -ECONNREFUSED: the host has exited. If it fails, the dispatcher stays
 * the caller's, and the ring is only good for being freed.
 */
int ring_restore(struct ring *ring, const struct ring_restoration *restoration);

#endif
