/* SPDX-License-Identifier: GPL-2.0-only */
/* copy-state.bpf.h - what "copy" and "copy-paced" keep, where, and what completions belong to */
#ifndef COPY_STATE_BPF_H
#define COPY_STATE_BPF_H

/* A step prepares at most one entry for each request, a timeout and three wake-ups. */
#define IOURD_SQ_ENTRIES 128u
#define IOURD_CQ_ENTRIES 256u

#include "iourd/loop.bpf.h"
#include "iourd/prog/copy.h"

#define COPY_OPCODES                                                                               \
	(IOURD_OP(READ_FIXED) | IOURD_OP(WRITE_FIXED) | IOURD_OP(FTRUNCATE) | IOURD_OP(FSYNC) |    \
	 IOURD_OP(TIMEOUT) | IOURD_OP(FUTEX_WAKE))

#define COPY_NONE    (~0ull)
#define COPY_RETRIES 4096u	  /* in a row, then EAGAIN is a failure */
#define COPY_WAKE    (1ull << 20) /* bytes: waiters hear of progress about this often */

/* copy_params.phase */
#define COPY_COPYING   0u
#define COPY_CHECKING  1u /* is there still a byte before the end? */
#define COPY_SEARCHING 2u /* no: where is the end now? */
#define COPY_CUTTING   3u
#define COPY_SYNCING   4u
#define COPY_ENDING    5u

/* kinds of user_data; the index is the request's */
#define COPY_KIND_READ	1u
#define COPY_KIND_WRITE 2u
#define COPY_KIND_CUT	3u
#define COPY_KIND_SYNC	4u
#define COPY_KIND_TIMER 5u
#define COPY_KIND_PROBE 6u

struct copy_region {
	struct iourd_head head;
	struct copy_params params;
};

/* Where the application cannot write: it could make us wait for what never comes. */
struct copy_private {
	__u64 busy;   /* bit n: request n has a block */
	__u32 flight; /* bits set in busy, and the cut or sync in flight */
	__u32 timer;  /* a TIMEOUT is in flight */
};

static __always_inline __u64 copy_min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

#endif
