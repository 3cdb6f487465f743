/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* catalogue.h - the programs that rings can be made of, by name */
#ifndef RING_CATALOGUE_H
#define RING_CATALOGUE_H

#include <stddef.h>

#include "kern/kern.h"
#include "ring/jobs.h"

struct note;
struct program;

/* Owned by the manager; owns the programs. */
struct catalogue {
	struct kern *kern; /* borrowed, as is the next */
	struct jobs *jobs;
	struct program **programs; /* by name */
	size_t n_programs;
};

/* Begins to open what is in @directory (NULL: nothing): -errno if that cannot be listed. */
int catalogue_scan(struct catalogue *catalogue, const char *directory);
/* Only when no job is under way. */
void catalogue_done(struct catalogue *catalogue);

/* FAULT_PROGRAM_NOT_FOUND */
int catalogue_find(const struct catalogue *catalogue, const char *name, struct note *note,
		   struct program **ret);
/* NULL if there is none of that name. */
struct program *catalogue_search(const struct catalogue *catalogue, const char *name);
/* Makes room for one more, so that the next catalogue_add, which takes it over, cannot fail. */
int catalogue_reserve(struct catalogue *catalogue);
void catalogue_add(struct catalogue *catalogue, struct program *program);
/* Asserts that nobody uses it. */
void catalogue_remove(struct catalogue *catalogue, struct program *program);

#endif
