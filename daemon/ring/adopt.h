/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt.h - rings that their applications make and run themselves
 *
 * PrepareRing gives the application the region and the lease. It makes an io_uring and has it
 * adopted. From then on the ring is as any other, but the dispatcher's flag alone pauses it, and
 * the application reports each return of io_uring_enter.
 */
#ifndef RING_ADOPT_H
#define RING_ADOPT_H

#include "ring/types.h"

struct note;
struct ring;

/* 0, or the fault if the application's io_uring is not the one that the program expects. */
int adopt_check(struct ring *ring, int ring_fd, struct note *note);
/* The fault of an attach that failed with @r; @r itself if it is not the application's. */
int adopt_fault(const struct ring *ring, int r, struct note *note);

#endif
