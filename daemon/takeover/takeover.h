/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * takeover.h - the daemon's start: what an earlier one has left is taken over, or cleared away
 *
 * In stages, each beginning when no job is under way any more:
 *   1. the shipped programs are opened;
 *   2. jobs look at all pins and take up those of rings that were made;
 *   3. programs that such rings run, and that are not in the catalogue, are opened from the store;
 *   4. reconcile() decides for each name; rings are taken over and their hosts asked how they are;
 *      the others' hosts are ended, and a job removes their pins;
 *   5. it is over when every host has answered, or after TAKEOVER_PATIENCE_MS: one that is stopped
 *      answers later, or never.
 */
#ifndef RING_TAKEOVER_H
#define RING_TAKEOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "host/host.h"
#include "kern/kern.h"
#include "util/jobs.h"
#include "common/names.h"
#include "program/program.h"
#include "takeover/reconcile.h"
#include "util/clock.h"

#define TAKEOVER_JOBS 4

struct manager;
struct takeover;

/* One name. Owned by the take-over. */
struct takeover_entry {
	char name[RING_NAME_MAX];
	bool pinned;
	struct kern_pins pins;
	struct kern_dispatch *dispatch; /* taken up, until a ring has it; or NULL */
	struct host_found host;		/* name[0] 0: no socket */
	struct program *program;	/* held; or NULL, as the next */
	struct program *origin;
	struct program *good;
	enum reconcile_verdict verdict;
	bool removed; /* its pins */
};

struct takeover_job {
	struct job job;
	struct takeover *takeover;
	size_t first; /* works on each TAKEOVER_JOBSth entry from this one on */
};

enum takeover_stage {
	TAKEOVER_PROGRAMS, /* jobs open the shipped programs */
	TAKEOVER_PINS,
	TAKEOVER_STORED,
	TAKEOVER_HOSTS, /* hosts answer, pins are removed */
	TAKEOVER_DONE,
};

/* Embedded in the manager. */
struct takeover {
	enum takeover_stage stage;
	struct takeover_entry *entries;
	size_t n_entries;
	struct takeover_job jobs[TAKEOVER_JOBS];
	struct timer timer;
	size_t awaited; /* hosts that have not answered */
	size_t taken;	/* rings, for the log, as the next */
	size_t released;
	size_t left;
};

/* Fills the entries with names, pins' and sockets'; -errno: there are none then. */
int takeover_find(struct manager *manager);
/* Lets go of the entries, and of what they hold. */
void takeover_forget(struct manager *manager);

/* No job is under way: goes on. True if that was the last stage, or is long past. */
bool takeover_step(struct manager *manager);
/* A host that is awaited has answered, or is gone. */
void takeover_answered(struct manager *manager);
/* The daemon stops in the middle of it: leaves what was taken up; no job is under way. */
void takeover_abandon(struct manager *manager);

#endif
