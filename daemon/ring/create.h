/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create.h - the request that a ring is created for, and what is set up from it */
#ifndef RING_CREATE_H
#define RING_CREATE_H

#include "host/host.h"
#include "ring/types.h"

struct creation;
struct note;
struct ring;

/* Copies @request. */
int creation_new(const struct peer *peer, const struct ring_request *request,
		 struct creation **ret);
/* Closes the daemon's copies of what the host and the client have. NULL is fine. */
void creation_free(struct creation *creation);
/* The client's end of the lease, borrowed; -1: there is none. */
int creation_lease(const struct creation *creation);
/* The client has its end: closes the daemon's copy. */
void creation_close_lease(struct creation *creation);

/*
 * With an open program: checks files and parameters, charges the owner, makes the region, and
 * starts the host, or the stand-in of the application. 0, or a fault or -errno: then no host was
 * started.
 */
int creation_set_up(struct ring *ring, const struct host_callbacks *callbacks, struct note *note);

#endif
