/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.h - the client's descriptors, checked against a descriptor's slots
 *
 * Nothing is read from or written to them here: what they are is asked by fstat and F_GETFL.
 */
#ifndef RING_FILES_H
#define RING_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "iourd/abi.h"
#include "ring/types.h"
#include "wire/fault.h"

struct note;

struct files {
	uint32_t n_slots;
	int fds[IOURD_SLOTS_MAX];		  /* borrowed from the request; -1: empty */
	struct iourd_slot slots[IOURD_SLOTS_MAX]; /* what the region says of them */
};

/* FAULT_SLOT_MISSING, FAULT_FILE_REFUSED or FAULT_INVALID_PARAMETER, if they do not fit. */
int files_fill(const struct iourd_descriptor *descriptor, const struct ring_file *files,
	       size_t n_files, struct note *note, struct files *ret);

#endif
