/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* catalogue.h - the programs that rings can be made of, by name */
#ifndef RING_CATALOGUE_H
#define RING_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/kern.h"
#include "util/jobs.h"

struct note;
struct program;
struct store;

/* Owned by the manager; owns the programs. */
struct catalogue {
	struct kern *kern; /* borrowed, as are the next two */
	struct jobs *jobs;
	const struct store *store;
	struct program **programs; /* by name */
	size_t n_programs;
	/* that rings of an earlier daemon run, and that nobody else can name any more */
	struct program **unlisted;
	size_t n_unlisted;
};

/*
 * Begins to open what is in @directory (NULL: nothing), and what an administrator had loaded before
 * the daemon started anew: -errno if that cannot be listed.
 */
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
/*
 * The program of that digest, held: one that is listed and open, or else one out of the store,
 * whose opening begins. It is dropped when nobody holds it any more.
 */
int catalogue_take_stored(struct catalogue *catalogue, const uint8_t *digest, struct program **ret);
/* Is that one of the open or stored programs? */
bool catalogue_has(const struct catalogue *catalogue, const uint8_t *digest);
/* Of an unlisted one that nobody holds any more: drops it. */
void catalogue_drop_unlisted(struct catalogue *catalogue, struct program *program);
/* Asserts that nobody uses it. */
void catalogue_remove(struct catalogue *catalogue, struct program *program);

#endif
