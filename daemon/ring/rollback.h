/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rollback.h - a ring goes back to the program that it ran well before */
#ifndef RING_ROLLBACK_H
#define RING_ROLLBACK_H

#include <stdbool.h>

struct ring;

/*
 * By itself, for the ring's reason; it has a good program, and no swap is under way. If that fails
 * the ring is paused. @left: its loop was left, and is entered again.
 */
void ring_roll_back(struct ring *ring, bool left);

#endif
