/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ending.h - a ring's last steps */
#ifndef RING_ENDING_H
#define RING_ENDING_H

struct ring;

/* Has its host exit, or its application's loop end. Returns what is to be waited for (WAIT_*). */
unsigned int ending_begin(struct ring *ring);
/*
 * Its process has not ended in time: kills it. Called again, replies to who waits for the end: a
 * process that waits in the kernel for a file ends when the file answers, and not before.
 */
void ending_kill(struct ring *ring);
/* Nothing of it is left in the kernel: frees it, then sends the last replies. */
void ending_finish(struct ring *ring);
/* The daemon stops, the ring goes on: frees it, after a reply to each request. No job is under way.
 */
void ending_leave(struct ring *ring);

#endif
