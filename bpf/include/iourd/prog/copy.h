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

#define COPY_DEPTH_MAX 64u
#define COPY_BLOCK_MIN 512u
#define COPY_BLOCK_MAX (256u << 10)

#define COPY_SLOT_SOURCE 0u
#define COPY_SLOT_TARGET 1u

/* What happened to the source; copy_params.source. */
enum copy_source {
	COPY_SOURCE_AS_EXPECTED = 0,
	COPY_SOURCE_SPARSE = 1, /* has holes: they were written as zeros */
	COPY_SOURCE_GREW = 2,	/* longer than when the ring was made: copied to its new end */
	COPY_SOURCE_SHRANK = 3, /* shorter: copied to its new end */
};

/* Private to the program: one request. */
struct copy_request {
	__u64 offset; /* bytes, of the block in both files */
	__u32 filled; /* bytes of the block that have been read */
	__u32 written;
	__u32 length; /* bytes of the block */
	__u32 state;
};

struct copy_params {
	/* settings */
	__u32 depth;		/* requests in flight, 1 to COPY_DEPTH_MAX */
	__u32 block_size;	/* bytes, COPY_BLOCK_MIN to COPY_BLOCK_MAX */
	__u64 bytes_per_second; /* copy-paced keeps to it; 0: no limit; "copy" ignores it */
	_Bool sync;		/* fsync the target at the end */
	_Bool reserved0[3];
	/* progress */
	enum copy_source source;
	__u64 short_reads;
	__u64 short_writes;
	/* private */
	__u64 next_offset;
	__u64 end; /* offset of the end of the source once seen, else ~0 */
	__u64 paced_since;
	__u64 paced_bytes;
	__u64 timeout[2]; /* a struct __kernel_timespec for the pacing TIMEOUT */
	__u32 phase;
	__u32 timer;
	__u64 reserved1[4];
	struct copy_request requests[COPY_DEPTH_MAX];
};

#endif
