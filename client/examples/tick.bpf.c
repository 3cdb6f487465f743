// SPDX-License-Identifier: GPL-2.0-only
/*
 * tick.bpf.c - a loop program that submits NOPs, one at a time
 *
 *	clang -target bpf -mcpu=v3 -O2 -g -c tick.bpf.c -o tick.bpf.o
 *	iouctl program check tick.bpf.o
 *	iouctl program load tick.bpf.o
 *	iouctl run tick --set limit=1000
 *
 * Checking and loading require root; running does not. See iourd(7).
 */
#define IOURD_SQ_ENTRIES 2 /* one of them is reserved for iourd_private() */
#define IOURD_CQ_ENTRIES 4
#include "iourd/loop.bpf.h"

struct tick_params {
	__u64 limit; /* number of NOPs */
};

struct tick_region {
	struct iourd_head head;
	struct tick_params params;
};

IOURD_PROGRAM(tick_params, .name = "tick", .summary = "Submits NOPs, one at a time", .version = 1,
	      .progress_unit = IOURD_UNIT_OPERATIONS,
	      .opcodes = {IOURD_OP(NOP) | IOURD_OP(FUTEX_WAKE)}, .field_count = 1,
	      .fields = {{.name = "limit", .initial = 100, .help = "number of NOPs"}});

IOURD_STEP(tick_step, ctx_ring, wait)
{
	struct tick_region *region = iourd_region(ctx_ring, struct tick_region);
	struct iourd_progress *progress;
	struct iourd_ring ring;
	__u32 head, n;
	__u64 done;

	if (!region || iourd_open(ctx_ring, wait, &ring))
		return IOURD_LOOP_BROKEN;
	progress = &region->head.progress;
	if (iourd_is_final(iourd_read(progress->state)))
		return iourd_finish(&ring);

	if (iourd_submit(&ring))
		return iourd_again(&ring); /* the kernel was short of memory */

	/* reap */
	n = iourd_cq_ready(&ring, &head);
	iourd_cq_release(&ring, head + n);
	done = iourd_read(progress->done) + n;
	iourd_write(progress->done, done);
	iourd_write(progress->state, IOURD_WORK_RUNNING);

	/* decide */
	if (done >= iourd_read(region->params.limit))
		iourd_set_state(&ring, &region->head, IOURD_WORK_DONE);
	else if (iourd_read(region->head.control.stop))
		iourd_set_state(&ring, &region->head, IOURD_WORK_STOPPED);
	else
		iourd_sqe(&ring, IORING_OP_NOP, iourd_user_data(1, 0));
	if (iourd_is_final(iourd_read(progress->state)))
		return iourd_finish(&ring);

	/* submit, and wait for a completion */
	iourd_submit(&ring);
	return iourd_wait(&ring);
}

IOURD_LOOP(tick_step);
