/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iourd/prog/chase.h - parameters and request table of the loop program "chase"
 *
 * chase follows chains of blocks in a file: each block starts with a struct chase_block. Threads of
 * the application post requests in the table and ring the doorbell; the program answers in the
 * same entry and wakes the waiter.
 *
 * Life of an entry: an application thread takes a FREE one by compare-and-exchange to CLAIMED,
 * fills start and hop_limit, stores POSTED (release), adds 1 to control.doorbell and wakes it. The
 * program stores TAKEN, later the result and then DONE (release), and wakes the futex `state`. The
 * thread reads the result and stores FREE.
 *
 * A thread that sleeps stores 1 to `waiting` first, then looks at `state` (sequentially consistent,
 * both), then waits on `state` for as long as it is what it saw. A request that is posted after the
 * stop request is answered ECANCELED. A thread that posted looks at progress.state as well (or
 * waits on progress.wake at the same time): nobody answers once that is final.
 *
 * error: EINVAL (hop_limit is 0), ERANGE (an offset that is no multiple of the block size, or not
 * in the file), EIO (the file ends in the block), ECANCELED, or what the read failed with. After an
 * error hops, offset and value are of the last block that was read; offset is of the block that
 * could not be read, if the read is what failed.
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
	__u64 next; /* offset of the next block in bytes, a multiple of the block size; CHASE_END */
	__u64 value; /* whatever the file's maker put there */
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
	__u64 hop_limit; /* blocks to read at the most, 1 or more */
	__u64 hops;	 /* blocks that were read */
	__u64 offset;	 /* of the last of them */
	__u64 value;	 /* of the last of them */
	__u32 waiting;	 /* non-zero: a thread sleeps on state, wake it */
	__u32 filled;	 /* the program's: bytes of the block that are there */
	__u32 retries;	 /* the program's */
	__u32 reserved;
} __attribute__((aligned(64)));

struct chase_params {
	/* setting */
	__u32 block_size; /* bytes read for each hop, CHASE_BLOCK_MIN to CHASE_BLOCK_MAX; fixed */
	/* progress */
	__u32 active;	/* requests being followed */
	__u64 requests; /* answered so far */
	__u64 hops;	/* blocks read so far */
	/* private */
	__u64 reserved[5];
	/* progress: the table */
	struct chase_request table[CHASE_REQUESTS];
};

IOURD_STATIC_ASSERT(sizeof(struct chase_request) == 64, "one line for each request");

#endif
