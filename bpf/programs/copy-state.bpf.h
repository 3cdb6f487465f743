/* SPDX-License-Identifier: GPL-2.0-only */
/* copy-state.bpf.h - state and kinds of completions of "copy" and "copy-paced" */
#ifndef COPY_STATE_BPF_H
#define COPY_STATE_BPF_H

/* A step prepares at most one entry for each request, one timeout and three wake-ups. */
#define IOURD_SQ_ENTRIES 128u
#define IOURD_CQ_ENTRIES 256u

#include "iourd/loop.bpf.h"
#include "iourd/prog/copy.h"

#define COPY_OPCODES                                                                               \
	(IOURD_OP(READ_FIXED) | IOURD_OP(WRITE_FIXED) | IOURD_OP(FTRUNCATE) | IOURD_OP(FSYNC) |    \
	 IOURD_OP(TIMEOUT) | IOURD_OP(FUTEX_WAKE))

#define COPY_NONE    (~0ull)
#define COPY_RETRIES 4096u	  /* consecutive retries, then EAGAIN is a failure */
#define COPY_WAKE    (1ull << 20) /* bytes between notifications of progress */

/* copy_params.phase */
#define COPY_COPYING   0u
#define COPY_CHECKING  1u /* whether the byte before the end still exists */
#define COPY_SEARCHING 2u /* for the new end, if it does not */
#define COPY_CUTTING   3u
#define COPY_SYNCING   4u
#define COPY_ENDING    5u
#define COPY_EMPTYING  6u /* the target, before the first block, if holes are kept */

/* Kinds of user_data. The index is that of the request. */
#define COPY_KIND_READ	1u
#define COPY_KIND_WRITE 2u
#define COPY_KIND_CUT	3u
#define COPY_KIND_SYNC	4u
#define COPY_KIND_TIMER 5u
#define COPY_KIND_PROBE 6u

/* copy_params.keep */
#define COPY_KEEP_MAP	1u /* holes that the application knows */
#define COPY_KEEP_ZEROS 2u

struct copy_region {
	struct iourd_head head;
	struct copy_params params;
};

/* Out of the application's reach, or it could make the program wait forever */
struct copy_private {
	__u64 busy;    /* bit n: request n has a block */
	__u32 flight;  /* bits set in busy, plus the probe, cut or sync in flight */
	__u32 timer;   /* a TIMEOUT is in flight */
	__u32 visible; /* bytes of the data area that the program can look at, a power of two */
};

static __always_inline __u64 copy_min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

#endif
