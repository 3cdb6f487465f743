/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* catalogue.h - the programs that rings can run, by name */
#ifndef RING_CATALOGUE_H
#define RING_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/program.h"

struct note;

/* Owned by the manager; owns the programs. */
struct catalogue {
	struct program_context context;
	struct program **programs; /* by name */
	size_t n_programs;
	/* that rings of an earlier daemon run, and that have no name in the catalogue any more */
	struct program **unlisted;
	size_t n_unlisted;
};

/* All borrowed. */
void catalogue_init(struct catalogue *catalogue, struct kern *kern, struct jobs *jobs,
		    const struct store *store, struct usages *usages);
/*
 * Begins to open the programs in @directory (NULL: none), and those that an administrator loaded
 * into an earlier daemon; -errno if they cannot be listed.
 */
int catalogue_scan(struct catalogue *catalogue, const char *directory);
/* No job may be under way. */
void catalogue_done(struct catalogue *catalogue);

/* FAULT_PROGRAM_NOT_FOUND */
int catalogue_find(const struct catalogue *catalogue, const char *name, struct note *note,
		   struct program **ret);
/* NULL if none has that name. */
struct program *catalogue_search(const struct catalogue *catalogue, const char *name);
/* Reserves memory, so that the next catalogue_add cannot fail. */
int catalogue_reserve(struct catalogue *catalogue);
/* Takes it over. */
void catalogue_add(struct catalogue *catalogue, struct program *program);
/*
 * The program of that digest, held: one that is listed, or else one from the store, which begins to
 * be opened, and is dropped when it is not held any more.
 */
int catalogue_take_stored(struct catalogue *catalogue, const uint8_t *digest, struct program **ret);
/* Whether a program has that digest, listed or not. */
bool catalogue_has(const struct catalogue *catalogue, const uint8_t *digest);
/* Asserts that it is not held. */
void catalogue_remove(struct catalogue *catalogue, struct program *program);

#endif
