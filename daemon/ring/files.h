/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.h - checks the client's files against the slots of a program's descriptor
 *
 * Of a parcel's files, the facts are known. Of the daemon's own descriptors, only fstat() and
 * F_GETFL are used: nothing is read from the files or written to them.
 */
#ifndef RING_FILES_H
#define RING_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "iourd/abi.h"
#include "ring/types.h"
#include "wire/fault.h"

struct note;
struct parcel;

struct files {
	uint32_t n_slots;
	/* the request's: descriptors, borrowed, or numbers in its parcel; -1: empty */
	int fds[IOURD_SLOTS_MAX];
	struct iourd_slot slots[IOURD_SLOTS_MAX]; /* for the region's head */
	uint64_t devices[IOURD_SLOTS_MAX];	  /* as of stat(2), as the next */
	uint64_t inodes[IOURD_SLOTS_MAX];
};

/* FAULT_SLOT_MISSING, FAULT_FILE_REFUSED or FAULT_INVALID_PARAMETER if the files do not fit. */
int files_fill(const struct iourd_descriptor *descriptor, const struct parcel *parcel,
	       const struct ring_file *files, size_t n_files, struct note *note, struct files *ret);

#endif
