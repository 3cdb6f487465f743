/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * records.h - the loader's answers about objects that it has inspected, for the next daemon
 *
 * A process for each object was a third of what the daemon did at its start. An object whose digest
 * has a record is not inspected again. The record holds the answer as the loader sent it, and
 * whoever takes it reads it as one that has just been sent: as hostile input. Only answers that
 * describe an object are kept, so an object that was refused, or that ended its loader, is
 * inspected again.
 *
 * One file for each object, DIGEST, of root, in a directory of the runtime directory that only root
 * may enter: a record is as good as the store's copy of the object. It counts for this version of
 * the daemon and this file of the loader's only, and may be removed at any time.
 */
#ifndef KERN_RECORDS_H
#define KERN_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "util/sha256.h"

#define RECORDS_MAX 256u /* a start that finds more removes all */

/* Owned by the kernel port. All functions but init and done may be called from any thread. */
struct records {
	int directory; /* -1: nothing is kept */
	char *loader_path;
};

#define RECORDS_NONE ((struct records){.directory = -1})

/* Makes the directory @path (NULL: keep nothing) if it does not exist. 0 or -errno. */
int records_init(struct records *records, const char *path, const char *loader_path);
void records_done(struct records *records);
/* Removes all records, and returns how many there were. */
unsigned int records_clear(const struct records *records);

/*
 * The answer about the object with that digest, which the caller frees. -ENOENT: there is none that
 * counts.
 */
int records_find(const struct records *records, const uint8_t digest[SHA256_SIZE], void **ret,
		 size_t *ret_size);
/* Without one, the object is inspected again, so a failure is not reported. */
void records_keep(const struct records *records, const uint8_t digest[SHA256_SIZE],
		  const void *answer, size_t size);
void records_forget(const struct records *records, const uint8_t digest[SHA256_SIZE]);

#endif
