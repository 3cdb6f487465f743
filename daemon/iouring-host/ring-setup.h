/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring-setup.h - making a host's ring: disabled, with region, files and restrictions
 *
 * What the restrictions say, and hold a program to from its first request on:
 *  - only the opcodes of the descriptor;
 *  - IOSQE_FIXED_FILE on every request, so that the number of a descriptor of this process means
 *    nothing to a program. Requests without a file (NOP, FUTEX_*, TIMEOUT) must carry the flag too
 *    and ignore it; opcodes that refuse it (OPENAT, CLOSE, TIMEOUT_REMOVE, FILES_UPDATE, the path
 *    operations) are out of reach;
 *  - no registration of any kind once the ring is enabled. Nothing more is pinned either: a SEND_ZC
 *    takes its data from the registered buffer, or gets -ENOBUFS.
 * The kernel knows two more ways to a descriptor's number, which no restriction covers: SPLICE's
 * and TEE's second file, and SCM_RIGHTS in SENDMSG. A host therefore holds no descriptor that its
 * client could not have: the client's files are closed once registered.
 */
#ifndef DAEMON_HOST_RING_SETUP_H
#define DAEMON_HOST_RING_SETUP_H

#include <stddef.h>
#include <stdint.h>

#include "host/control.h"

struct io_uring_params;

struct ring_setup { /* descriptors are borrowed */
	uint32_t sq_entries;
	uint32_t cq_entries;
	uint64_t region_size;
	uint64_t data_offset;
	uint64_t data_size;
	const uint64_t *opcodes; /* IOURD_OPCODES_MAX bits */
	size_t n_slots;
	int files[IOURD_SLOTS_MAX]; /* -1: empty */
	int region_fd;
};

/*
 * Maps the region at CONTROL_REGION_ADDRESS, for good, and makes the ring. 0 or -errno, and then
 * @stage is where it failed. @ret_params may be NULL. The caller closes the ring.
 */
int ring_make(const struct ring_setup *setup, enum control_stage *stage,
	      struct io_uring_params *ret_params, int *ret_fd);

#endif
