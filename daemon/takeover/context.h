/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* context.h - the takeover, as its parts see it */
#ifndef TAKEOVER_CONTEXT_H
#define TAKEOVER_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/names.h"
#include "host/host.h"
#include "kern/kern.h"
#include "manager/manager.h"
#include "takeover/reconcile.h"
#include "takeover/takeover.h"
#include "util/clock.h"
#include "util/jobs.h"

#define TAKEOVER_JOBS 4

/* One key (ring/title.h) that was found as a name. Owned by the takeover. */
struct takeover_entry {
	char name[RING_KEY_MAX];
	bool pinned;
	struct kern_pins pins;
	struct kern_dispatcher *dispatch; /* open, until a ring takes it over; or NULL */
	struct host_found host;		  /* name[0] 0: no socket */
	struct program *program;	  /* held; or NULL, as the next two */
	struct program *origin;
	struct program *fallback;
	enum reconcile_verdict verdict;
	bool removed; /* its pins */
};

struct takeover_job {
	struct job job;
	struct takeover *takeover;
	size_t first; /* handles each TAKEOVER_JOBSth entry from this one on */
};

enum takeover_stage {
	TAKEOVER_NOT_BEGUN,
	TAKEOVER_PINS,	   /* jobs inspect them */
	TAKEOVER_PROGRAMS, /* stored programs are opened */
	TAKEOVER_HOSTS,	   /* hosts report, pins are removed */
	TAKEOVER_DONE,
};

struct takeover {		 /* owned by the daemon */
	struct manager *manager; /* borrowed, as are the next three */
	struct kern *kern;
	struct hosts *hosts;
	struct clock_port *clock;
	enum takeover_stage stage;
	struct takeover_entry *entries;
	size_t n_entries;
	struct jobs jobs;
	struct takeover_job parts[TAKEOVER_JOBS];
	struct timer timer;
	size_t awaited;	 /* hosts that have not reported */
	size_t restored; /* rings, for the log, as are the next two */
	size_t released;
	size_t skipped;
	void (*done)(void *arg); /* of takeover_begin */
	void *done_arg;
	bool stopping;
	void (*stopped)(void *arg); /* of takeover_stop; NULL once it was called */
	void *stopped_arg;
};

/* Fills the entries with the names of pins and sockets; on failure none are there. */
int takeover_find(struct takeover *takeover);
/* Releases the entries, and what they hold. */
void takeover_release(struct takeover *takeover);

/*
 * Leaves a ring whose host cannot be ended, under another name if its pins are open. @r: of
 * orphans_end().
 */
void takeover_leave_host(const struct takeover *takeover, struct takeover_entry *entry, int r);

/* ---- pins.c: what the jobs do, each with its part of the entries ---- */

/* Inspects pins, and opens those of rings that were made. */
void takeover_inspect(struct job *job);
/* Removes the pins of rings that are released. */
void takeover_remove(struct job *job);

#endif
