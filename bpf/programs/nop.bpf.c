// SPDX-License-Identifier: GPL-2.0-only
/*
 * nop - keeps NOPs in flight and counts them: what a step and a request cost
 *
 * The shortest whole loop program. Its requests are all alike, so the SQEs are prepared once: with
 * IORING_SETUP_SQ_REWIND each submit takes the same entries again.
 */
#define IOURD_SQ_ENTRIES 64u /* NOP_DEPTH_MAX */
#define IOURD_CQ_ENTRIES 128u

#include "iourd/loop.bpf.h"
#include "iourd/prog/nop.h"

struct nop_region {
	struct iourd_head head;
	struct nop_params params;
};

IOURD_PROGRAM(nop_params,
	      .name = "nop",
	      .summary = "Does nothing, many times: what a step and a request cost",
	      .version = 1,
	      .progress_unit = IOURD_UNIT_OPERATIONS,
	      .opcodes = {IOURD_OP(NOP) | IOURD_OP(FUTEX_WAKE)},
	      .field_count = 2,
	      .fields = {
		      {.name = "depth",
		       .unit = IOURD_UNIT_REQUESTS,
		       .minimum = 1,
		       .maximum = NOP_DEPTH_MAX,
		       .initial = 1,
		       .help = "NOPs in flight"},
		      {.name = "operations",
		       .unit = IOURD_UNIT_OPERATIONS,
		       .help = "NOPs to do in all; 0: until stopped"},
	      });

/* Prepares all entries of the SQ and counts none as prepared: iourd_submit() would drop them. */
static __always_inline void prepare(const struct iourd_ring *ring)
{
	__u32 i;

	bpf_for(i, 0, IOURD_SQ_ENTRIES)
		ring->sqes[i & (IOURD_SQ_ENTRIES - 1)] = (struct io_uring_sqe){
			.opcode = IORING_OP_NOP, .flags = IOSQE_FIXED_FILE};
}

/* The first step and the last ones: from IDLE to RUNNING, from RUNNING to @final, and the end. */
static __noinline int turn(struct iou_ctx *ctx, struct iou_loop_params *wait, __u32 final)
{
	struct nop_region *region = iourd_region(ctx, struct nop_region);
	struct iourd_ring ring;
	__u32 state;

	if (!region || iourd_open(ctx, wait, &ring))
		return IOURD_LOOP_BROKEN;
	state = iourd_read(region->head.progress.state);
	if (state == IOURD_WORK_IDLE) {
		prepare(&ring);
		iourd_write(region->head.progress.total, iourd_read(region->params.operations));
		iourd_write(region->head.progress.state, IOURD_WORK_RUNNING);
	} else if (state == IOURD_WORK_RUNNING) {
		iourd_set_state(&ring, &region->head, final);
	}
	return state == IOURD_WORK_IDLE ? iourd_again(&ring) : iourd_finish(&ring);
}

IOURD_STEP(nop_step, task_ring, wait)
{
	struct nop_region *region = iourd_region(task_ring, struct nop_region);
	__u32 head, n, i, flight, depth, bad = 0;
	struct iourd_progress *progress;
	struct iourd_ring ring;
	__u64 done, operations;
	__s64 want;
	int taken;

	if (!region || iourd_open_cq(task_ring, wait, &ring))
		return IOURD_LOOP_BROKEN;
	progress = &region->head.progress;
	if (iourd_read(progress->state) != IOURD_WORK_RUNNING)
		return turn(task_ring, wait, IOURD_WORK_RUNNING);

	n = iourd_cq_ready(&ring, &head);
	/* a loop of at most 64 rounds with nothing in it: cheaper than bpf_for, here only */
#pragma clang loop unroll(disable)
	for (i = 0; i < n && i < IOURD_BATCH; i++)
		bad |= iourd_cqe(&ring, head + i)->res;
	iourd_cq_release(&ring, head + n);
	if (bad)
		iourd_set_error(&region->head, EIO, 0, IORING_OP_NOP, IOURD_SLOTS_MAX);

	flight = iourd_read(progress->flight) - n;
	if (flight > NOP_DEPTH_MAX)
		flight = 0; /* not what we wrote: the application did */
	done = iourd_read(progress->done) + n;
	depth = iourd_read(region->params.depth);
	if (depth - 1 >= NOP_DEPTH_MAX)
		depth = depth ? NOP_DEPTH_MAX : 1;
	want = (__s64)depth - flight;
	operations = iourd_read(region->params.operations);
	if (operations && (__s64)(operations - done - flight) < want)
		want = operations - done - flight;
	if (iourd_read(region->head.control.stop) | iourd_read(progress->error))
		want = 0;

	taken = 0;
	if (want > 0)
		taken = bpf_io_uring_submit_sqes(task_ring, want);
	if (taken < 0)
		taken = 0;
	iourd_write(progress->done, done);
	iourd_write(progress->flight, flight + taken);
	if (flight + taken)
		return iourd_wait(&ring);
	if (want > 0) /* the kernel is short of memory */
		return iourd_again(&ring);
	if (iourd_read(progress->error))
		return turn(task_ring, wait, IOURD_WORK_FAILED);
	if (operations && done >= operations)
		return turn(task_ring, wait, IOURD_WORK_DONE);
	return turn(task_ring, wait, IOURD_WORK_STOPPED);
}

IOURD_LOOP(nop_step);
