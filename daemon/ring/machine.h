/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.h - the only writer of a ring's state and of its operation
 *
 * All that happens to a ring arrives as an event in ring_handle(), which looks up the rule for it
 * (transitions.h) and carries it out. At most one reply is sent, last; its receiver may make
 * requests, but cannot free the ring.
 */
#ifndef RING_MACHINE_H
#define RING_MACHINE_H

#include "ring/event.h"
#include "ring/ring.h"

/*
 * 0; of a request also a fault (FAULT_RING_BUSY if no rule allows it) or -errno: then nothing has
 * changed and no reply is sent. May free the ring if it is ENDING, or if the daemon is stopping.
 */
int ring_handle(struct ring *ring, const struct ring_event *event);

/* What the step waits for has ended with @r; a fault comes with @note. @wait: one of WAIT_*. */
void ring_wait_over(struct ring *ring, unsigned int wait, int r, struct note *note);
/* io_uring_enter has returned in the host or the application. */
void ring_loop_returned(struct ring *ring, int result);
/* The application has made its io_uring: number @ring_fd there. The ring is at STEP_CREATE_ADOPT.
 */
void ring_adopted(struct ring *ring, int ring_fd, struct ring_reply reply);
/* False: no rollback is under way, or somebody waits for its end already. */
bool ring_reply_when_resumed(struct ring *ring, struct ring_reply reply);

/* Registering a region touches each of its pages: a gigabyte takes a slow machine a while. */
#define CREATE_PATIENCE_MS 60000
#define ADOPT_PATIENCE_MS  10000 /* for the application, once the ring is prepared */

#endif
