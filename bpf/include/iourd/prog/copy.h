/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iourd/prog/copy.h - parameters of the loop programs "copy" and "copy-paced"
 *
 * Both have this layout, so that a running copy can be swapped between them. The data area is an
 * array of blocks, one for each request in flight.
 */
#ifndef IOURD_PROG_COPY_H
#define IOURD_PROG_COPY_H

#include "iourd/abi.h"

#define COPY_DEPTH_MAX	 64u
#define COPY_BLOCK_MIN	 512u
#define COPY_BLOCK_MAX	 (256u << 10)
#define COPY_RATE_MAX	 (1ll << 36) /* bytes per second */
#define COPY_EXTENTS_MAX 1024u

#define COPY_SLOT_SOURCE 0u
#define COPY_SLOT_TARGET 1u

/*
 * copy_params.source: how the source differs from what was expected. It may be longer or shorter
 * than its size was because it changed, or because its file system does not know the size: files of
 * /proc and /sys have none, or that of a page.
 */
enum copy_source {
	COPY_SOURCE_AS_EXPECTED = 0,
	COPY_SOURCE_SPARSE = 1,	 /* it has holes, which are written as zeros */
	COPY_SOURCE_LONGER = 2,	 /* than its size when the ring was created; copied to its end */
	COPY_SOURCE_SHORTER = 3, /* copied to its end */
};

/* copy_params.sparse: what becomes a hole of the target, if that is a regular file */
enum copy_sparse {
	COPY_SPARSE_AUTO = 0,	/* the source's holes */
	COPY_SPARSE_ALWAYS = 1, /* these, and 4096 zeros or more within a block */
	COPY_SPARSE_NEVER = 2,	/* nothing */
};

/* A part of the source that may have data, in bytes from its start */
struct copy_extent {
	__u64 begin;
	__u64 end;
};

/* Private: the block that a request reads and then writes */
struct copy_request {
	__u64 offset;  /* bytes, in both files */
	__u32 length;  /* bytes */
	__u32 filled;  /* bytes read so far */
	__u32 written; /* bytes written so far, or left out as zeros */
	__u32 run;     /* end of the write in flight, in bytes from the start of the block */
	__u64 zeros;   /* bit n: 4096 bytes at n * 4096 are zeros, which need not be written */
};

struct copy_params {
	/* settings, which may change while the copy runs */
	__u32 depth;		/* requests in flight, 1 to COPY_DEPTH_MAX */
	__u32 block_size;	/* bytes, COPY_BLOCK_MIN to COPY_BLOCK_MAX */
	__u64 bytes_per_second; /* limit of copy-paced, 0: none; copy ignores it */
	iourd_bool sync;	/* fsync the target at the end */
	iourd_bool reserved0[3];
	enum copy_sparse sparse; /* until the ring is started */
	__u32 extent_count;
	/*
	 * The source's holes, by the application before it starts the ring, such as with SEEK_DATA
	 * and SEEK_HOLE: in the source's first @mapped bytes, what is outside of the extents is a
	 * hole. The extents are in the order of the file and do not overlap. What lies behind
	 * @mapped is read. A program that is to keep holes empties the target first.
	 */
	__u64 mapped; /* 0: the holes are not known */
	struct copy_extent extents[COPY_EXTENTS_MAX];
	/* progress */
	enum copy_source source;
	__u32 keep;	   /* private: COPY_KEEP_*, of the setting and the files at the start */
	__u64 holes;	   /* bytes that were not written: the source's holes, and zeros */
	__u64 short_reads; /* reads before the end that returned less than requested */
	__u64 short_writes;
	/* private: bytes, offsets in bytes */
	__u64 next_offset; /* of the next block to read */
	__u64 horizon;	   /* probable end of the source; beyond it one block at a time is tried */
	__u64 end;	   /* of the source, after a read returned 0; else ~0 */
	__u64 low;	   /* search for the end: the source has at least this many bytes */
	__u64 reached;	   /* end of what was written to the target */
	__u64 broken;	   /* lowest offset that could not be copied, or ~0 */
	__u32 stride;	   /* distance of the blocks in the data area, and their length */
	__u32 phase;
	__u32 retries; /* consecutive requests that had to be retried */
	__u32 extent;  /* the first one that ends after next_offset */
	/* private to copy-paced */
	__u64 paced_since; /* CLOCK_MONOTONIC in ns: time of the debt */
	__s64 paced_debt;  /* bytes ahead of the rate; negative: behind */
	__u64 paced_rate;  /* rate at which the debt was incurred */
	__s64 timeout[2];  /* a struct __kernel_timespec */
	__u64 reserved2[3];
	struct copy_request requests[COPY_DEPTH_MAX];
};

IOURD_STATIC_ASSERT(sizeof(struct copy_request) == 32, "layout of copy_request");
IOURD_STATIC_ASSERT(sizeof(struct copy_params) == 200 + 1024 * 16 + 64 * 32,
		    "layout of copy_params");

#endif
