/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loop-ring.h - the system calls of a ring that a loop program drives
 *
 * libiouctl makes such rings for adoption, iouring-host for its client, and the daemon to see
 * whether the kernel can. Everything returns 0 or a descriptor, or -errno.
 */
#ifndef WIRE_LOOP_RING_H
#define WIRE_LOOP_RING_H

#include <stddef.h>
#include <stdint.h>

struct io_uring_params;

/* Newer than the headers of some machine that builds this: each submission begins with the first
 * SQE. */
#define LOOP_RING_SQ_REWIND (1u << 20)

/* What every such ring is, but for LOOP_RING_SQ_REWIND: enabled later, entered by one task, no SQ
 * array. */
#define LOOP_RING_FLAGS                                                                            \
	(IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |       \
	 IORING_SETUP_NO_SQARRAY)

/* A disabled ring, close-on-exec; the caller closes it. @ret_params may be NULL. */
int loop_ring_make(uint32_t sq_entries, uint32_t cq_entries, struct io_uring_params *ret_params);
int loop_ring_register(int ring_fd, unsigned int opcode, const void *argument, unsigned int n);

/* @memory: @size bytes in whole pages, mapped for as long as the ring is there. */
int loop_ring_add_region(int ring_fd, void *memory, size_t size);
/* By slot; -1: empty. None: nothing is done. */
int loop_ring_add_files(int ring_fd, const int *files, size_t n);
/* As buffer 0. Of size 0: nothing is done. */
int loop_ring_add_buffer(int ring_fd, void *memory, size_t size);

/* From then on the calling thread is the one that may enter it. */
int loop_ring_enable(int ring_fd);
/* Runs the loop: what io_uring_enter returns, or -errno. */
int loop_ring_enter(int ring_fd);

#endif
