/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iourd/prog/chase.h - parameters and request table of the loop program "chase"
 *
 * chase follows chains of blocks in a file. Each block starts with a struct chase_block. Threads of
 * the application post requests in the table and ring the doorbell. The program replies in the same
 * entry and wakes the waiter.
 *
 * A thread claims a FREE entry by compare-and-exchange to CLAIMED, fills start and hop_limit,
 * stores POSTED (release), adds 1 to control.doorbell and wakes it. The program stores TAKEN, later
 * the result and then DONE (release), and wakes the futex `state`. The thread reads the result and
 * stores FREE.
 *
 * To sleep, a thread stores 1 to `waiting`, then reads `state` (both sequentially consistent), then
 * waits on `state` while it has that value. It must also check progress.state, or wait on
 * progress.wake at the same time: after that is final, no request gets a reply. A request posted
 * after the stop request fails with ECANCELED.
 *
 * error: EINVAL (hop_limit is 0), ERANGE (an offset is not a multiple of the block size, or is
 * outside the file), EIO (the file ends within the block), ECANCELED, or the error of the read.
 * After an error, hops, offset and value describe the last block that was read; if the read failed,
 * offset is that of the block that could not be read.
 */
#ifndef IOURD_PROG_CHASE_H
#define IOURD_PROG_CHASE_H

#include "iourd/abi.h"

#define CHASE_REQUESTS	64u
#define CHASE_BLOCK_MIN 512u
#define CHASE_BLOCK_MAX 4096u
#define CHASE_END	(~0ull) /* "no next block" */
#define CHASE_SLOT_FILE 0u

/* The start of every block, little endian. */
struct chase_block {
	__u64 next;  /* offset of the next block, a multiple of the block size; or CHASE_END */
	__u64 value; /* defined by the file's author */
};

#define CHASE_FREE    0u
#define CHASE_CLAIMED 1u
#define CHASE_POSTED  2u
#define CHASE_TAKEN   3u
#define CHASE_DONE    4u

struct chase_request {
	__u32 state;	 /* CHASE_*; futex word */
	__s32 error;	 /* positive errno, or 0 */
	__u64 start;	 /* offset of the first block in bytes */
	__u64 hop_limit; /* maximum number of blocks to read, at least 1 */
	__u64 hops;	 /* number of blocks read */
	__u64 offset;	 /* of the last block read */
	__u64 value;	 /* of the last block read */
	__u32 waiting;	 /* not 0: a thread sleeps on state */
	__u32 filled;	 /* private: bytes of the block already read */
	__u32 retries;	 /* private */
	__u32 reserved;
} __attribute__((aligned(64)));

struct chase_params {
	/* setting */
	__u32 block_size; /* bytes per hop, CHASE_BLOCK_MIN to CHASE_BLOCK_MAX; fixed */
	/* progress */
	__u32 active;	/* requests being followed */
	__u64 requests; /* completed so far */
	__u64 hops;	/* blocks read so far */
	/* private */
	__u64 reserved[5];
	/* progress: the table */
	struct chase_request table[CHASE_REQUESTS];
};

IOURD_STATIC_ASSERT(sizeof(struct chase_request) == 64, "a request is one line");

#endif
