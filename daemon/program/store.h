/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.h - copies of the programs' object files, by digest, that outlive the daemon
 *
 * The next daemon needs the object of each program that a ring runs. A package upgrade may replace
 * a shipped one, and an object of LoadProgram is stored nowhere else. In the runtime directory:
 *
 *   programs/DIGEST.bpf.o   each object that was loaded into the kernel
 *   programs/loaded/NAME    for an object of LoadProgram, a symbolic link to "../DIGEST.bpf.o", if
 *                           it counts as root's, or "../DIGEST.bpf.o@UID"
 *
 * Plain files of root, which may be removed by hand while no ring runs.
 */
#ifndef RING_STORE_H
#define RING_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/names.h"
#include "util/sha256.h"

#define STORE_NAME_MAX (2 * SHA256_SIZE + sizeof(".bpf.o"))

/* Owned by the manager. All functions but init and done may be called from any thread. */
struct store {
	int directory; /* -1: there is none, and nothing is stored */
	int loaded;
};

#define STORE_NONE ((struct store){.directory = -1, .loaded = -1})

/* Makes @path (NULL: no store) if it does not exist, accessible to its owner only. */
int store_init(struct store *store, const char *path);
void store_done(struct store *store);

/* Atomic. *ret_existed: the object was stored already. */
int store_save(const struct store *store, const uint8_t digest[SHA256_SIZE], const void *image,
	       size_t size, bool *ret_existed);
/* Returns a descriptor of the object; -ENOENT: it is not stored. */
int store_open(const struct store *store, const uint8_t digest[SHA256_SIZE]);
/* An object that is not stored is fine, as is a missing mark in store_unmark. */
void store_remove(const struct store *store, const uint8_t digest[SHA256_SIZE]);

/* The next daemon lists the object in its catalogue, by this name, and counts it as @payer's. */
int store_mark(const struct store *store, const char *name, const uint8_t digest[SHA256_SIZE],
	       uid_t payer);
void store_unmark(const struct store *store, const char *name);

struct store_mark {
	char name[RING_NAME_MAX];
	uint8_t digest[SHA256_SIZE];
	uid_t payer;
};

/* The caller frees the array. */
int store_marks(const struct store *store, struct store_mark **ret, size_t *ret_n);
/* Removes the objects that @needed rejects, and partial files. */
void store_clean(const struct store *store, bool (*needed)(void *arg, const uint8_t *digest),
		 void *arg);

#endif
