/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * create.h - how a ring is made
 *
 * The request is checked, charged, and given a region and a lease; then three things go on at the
 * same time: its host starts, its program is loaded (if nobody did before), its dispatcher is made.
 * When all three are there the dispatcher is attached, and the ring is created. Whatever fails on
 * the way, and whatever else happens to the ring, the end of it answers the request.
 */
#ifndef RING_CREATE_H
#define RING_CREATE_H

#include <stdbool.h>

#include "host/host.h"

struct create;
struct note;
struct ring;

/* Frees it, and closes the daemon's copies of what the host and the client have. NULL is fine. */
void create_free(struct create *create);
/* The client's end of the lease, borrowed; -1: there is none. */
int create_lease(const struct create *create);

/*
 * It ends, and the request is answered so. The first failure is the one that is told. @note is
 * taken; NULL is fine if r < 0.
 */
void create_fail(struct ring *ring, int r, struct note *note);

/* It is prepared, and its application has not had it adopted: then that makes its host ready. */
bool create_awaits_adoption(const struct ring *ring);
void create_host_ready(struct ring *ring, int ring_fd);
void create_host_refused(struct ring *ring, enum control_stage stage, int error);
void create_timeout(struct ring *ring);
/* The ring is created: answers the request. */
void create_finish(struct ring *ring);
/* The ring ends: waits for nothing any more. */
void create_abandon(struct ring *ring);
/* What the request is answered after that: a fault, with its note, or -errno. */
int create_result(struct ring *ring, struct note *ret_note);

#endif
