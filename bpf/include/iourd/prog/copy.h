/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iourd/prog/copy.h - parameters of the loop programs "copy" and "copy-paced"
 *
 * Both have this one layout, so a running copy can be swapped from one to the other and back. The
 * data area is an array of blocks, one for each request in flight.
 */
#ifndef IOURD_PROG_COPY_H
#define IOURD_PROG_COPY_H

#include "iourd/abi.h"

#define COPY_DEPTH_MAX	 64u
#define COPY_BLOCK_MIN	 512u
#define COPY_BLOCK_MAX	 (256u << 10)
#define COPY_RATE_MAX	 (1ll << 36) /* bytes per second */

#define COPY_SLOT_SOURCE 0u
#define COPY_SLOT_TARGET 1u

/* What happened to the source; copy_params.source. */
enum copy_source {
	COPY_SOURCE_AS_EXPECTED = 0,
	COPY_SOURCE_SPARSE = 1, /* has holes: they were written as zeros */
	COPY_SOURCE_GREW = 2,	/* longer than when the ring was made: copied to its new end */
	COPY_SOURCE_SHRANK = 3, /* shorter: copied to its new end */
};

/* Private to the program: the block that a request reads and then writes. */
struct copy_request {
	__u64 offset; /* bytes, in both files */
	__u32 length; /* bytes */
	__u32 filled; /* bytes of it that have been read */
	__u32 written;
	__u32 reserved;
};

struct copy_params {
	/* settings: may be changed while the copy runs */
	__u32 depth;		/* requests in flight, 1 to COPY_DEPTH_MAX */
	__u32 block_size;	/* bytes, COPY_BLOCK_MIN to COPY_BLOCK_MAX */
	__u64 bytes_per_second; /* copy-paced keeps to it; 0: no limit; "copy" ignores it */
	iourd_bool sync;	/* fsync the target at the end */
	iourd_bool reserved0[3];
	/* progress */
	enum copy_source source;
	__u64 short_reads; /* reads that returned less than was asked for, before the end */
	__u64 short_writes;
	/* private: bytes, offsets in bytes */
	__u64 next_offset; /* of the next block to read */
	__u64 horizon;	   /* where the source probably ends: behind it one block is tried */
	__u64 end;	   /* of the source, once a read returned 0; else ~0 */
	__u64 low;	   /* of the search for the end: bytes that the source has */
	__u64 reached;	   /* of the target: up to here it was written */
	__u64 broken;	   /* the lowest offset that could not be copied, or ~0 */
	__u32 stride;	   /* of the blocks in the data area, and their length */
	__u32 phase;
	__u32 retries; /* requests in a row that were to be tried again */
	__u32 reserved1;
	/* private to copy-paced */
	__u64 paced_since; /* CLOCK_MONOTONIC, ns: the debt is of this time */
	__s64 paced_debt;  /* bytes read ahead of the rate; negative: behind it */
	__u64 paced_rate;  /* the rate that the debt was made under */
	__s64 timeout[2];  /* a struct __kernel_timespec */
	__u64 reserved2[3];
	struct copy_request requests[COPY_DEPTH_MAX];
};

IOURD_STATIC_ASSERT(sizeof(struct copy_request) == 24, "layout of copy_request");
IOURD_STATIC_ASSERT(sizeof(struct copy_params) == 168 + 64 * 24, "layout of copy_params");

#endif
