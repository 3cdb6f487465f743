/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loop-ring.h - system calls for a ring that a loop program controls
 *
 * libiouctl makes such rings for adoption, iouring-host for its client, and the daemon to probe the
 * kernel. Unless noted, functions return 0 or -errno.
 */
#ifndef COMMON_LOOP_RING_H
#define COMMON_LOOP_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct io_uring_params;
struct iourd_head;

/*
 * IORING_SETUP_SQ_REWIND, which the kernel headers of some build machines lack: each submission
 * starts with the first SQE.
 */
#define LOOP_RING_SQ_REWIND (1u << 20)

/*
 * The setup flags of every such ring, which also has LOOP_RING_SQ_REWIND: it is made disabled,
 * entered by one task, and has no SQ array.
 */
#define LOOP_RING_FLAGS                                                                            \
	(IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |       \
	 IORING_SETUP_NO_SQARRAY)

/*
 * Makes a disabled ring. Returns its descriptor, close-on-exec, which the caller closes.
 * @ret_params may be NULL.
 */
int loop_ring_make(uint32_t sq_entries, uint32_t cq_entries, struct io_uring_params *ret_params);
int loop_ring_register(int ring_fd, unsigned int opcode, const void *argument, unsigned int n);

/* @memory: @size bytes in whole pages, which must stay mapped while the ring exists. */
int loop_ring_add_region(int ring_fd, void *memory, size_t size);
/* Registers files by slot; -1: empty. Does nothing if @n is 0. */
int loop_ring_add_files(int ring_fd, const int *files, size_t n);
/* Registers buffer 0. Does nothing if @size is 0. */
int loop_ring_add_buffer(int ring_fd, void *memory, size_t size);

/* Enables the ring. From then on only the calling thread may enter it. */
int loop_ring_enable(int ring_fd);
/* Runs the loop. Returns the result of io_uring_enter, or -errno. */
int loop_ring_enter(int ring_fd);
/*
 * The same. *ret_yield: the dispatcher ended the loop because it held up the kernel; the caller
 * yields (sched_yield) or sleeps, and enters again.
 */
int loop_ring_enter_once(int ring_fd, const struct iourd_head *region, bool *ret_yield);

#endif
