/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring-setup.h - sets up a host's ring: disabled, with region, files and restrictions
 *
 * The restrictions bind a program from its first request on:
 *  - Only the opcodes of the program's descriptor are allowed.
 *  - Every request must have IOSQE_FIXED_FILE, so a descriptor number of this process means nothing
 *    to a program. Requests without a file (NOP, FUTEX_*, TIMEOUT) must carry the flag too, and
 *    ignore it. Opcodes that refuse it (OPENAT, CLOSE, TIMEOUT_REMOVE, FILES_UPDATE, the path
 *    operations) are unusable.
 *  - An enabled ring accepts no registration. Requests pin no more memory either: SEND_ZC takes its
 *    data from the registered buffer, or fails with -ENOBUFS.
 * Two more ways to name a descriptor exist, which no restriction covers: the second file of SPLICE
 * and TEE, and SCM_RIGHTS in SENDMSG. A host therefore holds no descriptor that its client could
 * not have: it closes the client's files once they are registered.
 */
#ifndef DAEMON_HOST_RING_SETUP_H
#define DAEMON_HOST_RING_SETUP_H

#include <stddef.h>
#include <stdint.h>

#include "host/control.h"

struct io_uring_params;

struct ring_setup { /* descriptors are borrowed; sizes in bytes */
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
 * Makes the ring. Returns its descriptor, which the caller closes, or -errno. @ret_params may be
 * NULL. All memory that a ring pins counts against RLIMIT_MEMLOCK of the user that made it.
 */
int ring_make(const struct ring_setup *setup, struct io_uring_params *ret_params);
/*
 * Maps the region at CONTROL_REGION_ADDRESS, where it stays, registers with the ring all that it
 * needs, and maps its queues for the daemon to read. 0 or -errno; @stage is the step in progress,
 * or the one that failed.
 */
int ring_furnish(int ring_fd, const struct ring_setup *setup, enum control_stage *stage);

#endif
