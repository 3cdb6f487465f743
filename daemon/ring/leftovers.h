/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * leftovers.h - what a daemon that was killed has left: hosts that run on, and pins
 *
 * The hosts are ended first, at once; then the pins go, in a job. Until a name's pins are gone no
 * ring can have it.
 */
#ifndef RING_LEFTOVERS_H
#define RING_LEFTOVERS_H

#include <stdbool.h>

#include "ring/jobs.h"

struct manager;

/* Embedded in the manager. */
struct leftovers {
	struct job job;
	bool *removed; /* for each of the registry's foreign names: its pins are gone */
};

/* Only once nothing else can fail: a job may be under way after it. */
void leftovers_remove(struct manager *manager);

#endif
