/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.h - copies of the programs' object files, by their digests, that outlive the daemon
 *
 * A package upgrade may replace a shipped program that a ring runs, and what LoadProgram brought is
 * nowhere else: what a ring was made of must be found again. Under the runtime directory:
 *
 *   programs/DIGEST.bpf.o   each object that was loaded into the kernel
 *   programs/loaded/NAME    for those of LoadProgram: a symbolic link to "../DIGEST.bpf.o"
 *
 * Plain files of root; safe to be removed by hand while no ring runs.
 */
#ifndef RING_STORE_H
#define RING_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/names.h"
#include "util/sha256.h"

#define STORE_NAME_MAX (2 * SHA256_SIZE + sizeof(".bpf.o"))

/* Owned by the manager. Its calls may come from any thread, but for init and done. */
struct store {
	int directory; /* -1: there is none, and nothing is kept */
	int loaded;
};

#define STORE_NONE ((struct store){.directory = -1, .loaded = -1})

/* Makes @path (NULL: no store) if it is missing, readable by its owner only. */
int store_init(struct store *store, const char *path);
void store_done(struct store *store);

/* 1: it was there already. Whole or not at all. */
int store_save(const struct store *store, const uint8_t digest[SHA256_SIZE], const void *image,
	       size_t size);
/* Opens an object; -ENOENT: it is not there. */
int store_open(const struct store *store, const uint8_t digest[SHA256_SIZE]);
/* One that is not there is fine, as with store_unmark. */
void store_remove(const struct store *store, const uint8_t digest[SHA256_SIZE]);

/* The object is to be in the catalogue, by this name, when the daemon starts anew. */
int store_mark(const struct store *store, const char *name, const uint8_t digest[SHA256_SIZE]);
void store_unmark(const struct store *store, const char *name);

struct store_mark {
	char name[RING_NAME_MAX];
	uint8_t digest[SHA256_SIZE];
};

/* The caller frees the array. */
int store_marks(const struct store *store, struct store_mark **ret, size_t *ret_n);
/* Removes the objects for which @wanted says no, and what was half written. */
void store_clean(const struct store *store, bool (*wanted)(void *arg, const uint8_t *digest),
		 void *arg);

#endif
