/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * create-inside.h - a ring that is being made, for the two files that do that: create.c checks the
 * request and begins, create-branches.c brings together what then goes on at the same time
 */
#ifndef RING_CREATE_INSIDE_H
#define RING_CREATE_INSIDE_H

#include <stdbool.h>

#include "program/program.h"
#include "ring/wanted.h"
#include "wire/fault.h"

/* Registering a region touches each of its pages: a gigabyte takes a slow machine a while. */
#define CREATE_PATIENCE_MS 60000

/* Owned by its ring, until the request is answered. */
struct create {
	struct ring *ring;
	struct wanted wanted;
	struct program_waiter waiter;
	int lease[2];  /* the client's end, the host's */
	bool loaded;   /* the program */
	bool made;     /* the dispatcher */
	bool prepared; /* of a ring to be adopted: its application was told */
	int ring_fd;   /* in the host, once that is ready; else -1 */
	int result;    /* of what failed first */
	struct note note;
};

enum { LEASE_CLIENT, LEASE_HOST };

/* A program_waiter's ready, and a dispatch_done. */
void create_program_loaded(struct program_waiter *waiter, int r, const struct note *note);
void create_dispatcher_made(void *arg, int r);

#endif
