/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt.h - rings that their applications make and run themselves
 *
 * The application is told region and lease (prepare), makes an io_uring of its own, and has it
 * adopted: from there on it is a ring like any other, whose pauses are the dispatcher's flag alone,
 * and whose application reports that its loop was left.
 */
#ifndef RING_ADOPT_H
#define RING_ADOPT_H

struct ring;

/* What its application has made is no ring that a program can be attached to, says the kernel. */
void adopt_refuse(struct ring *ring, int r);

#endif
