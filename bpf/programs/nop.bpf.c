// SPDX-License-Identifier: GPL-2.0-only
/*
 * nop - keeps NOPs in flight and counts them, to measure the cost of steps and requests
 *
 * This is the shortest complete loop program. Its requests are identical, so that the SQEs are
 * prepared once: with IORING_SETUP_SQ_REWIND each submit takes the same entries again.
 */
#define IOURD_SQ_ENTRIES 64u /* NOP_DEPTH_MAX */
#define IOURD_CQ_ENTRIES 128u

#include "iourd/loop.bpf.h"
#include "iourd/prog/nop.h"

#define ROUNDS	 8u /* of reaping and submitting in one step, which cannot be interrupted */
#define NO_LIMIT (1ull << 62)

struct nop_region {
	struct iourd_head head;
	struct nop_params params;
};

IOURD_PROGRAM(nop_params, .name = "nop",
	      .summary = "Does nothing many times, to measure steps and requests", .version = 1,
	      .progress_unit = IOURD_UNIT_OPERATIONS,
	      .opcodes = {IOURD_OP(NOP) | IOURD_OP(FUTEX_WAKE)}, .field_count = 2,
	      .fields = {
		      {.name = "depth",
		       .unit = IOURD_UNIT_REQUESTS,
		       .minimum = 1,
		       .maximum = NOP_DEPTH_MAX,
		       .initial = 1,
		       .help = "NOPs in flight"},
		      {.name = "operations",
		       .unit = IOURD_UNIT_OPERATIONS,
		       .help = "total number of NOPs; 0: until stopped"},
	      });

/* Fills the SQ, but counts no entry as prepared: iourd_submit() would reset the count. */
static __always_inline void prepare(const struct iourd_ring *ring)
{
	__u32 i;

	bpf_for(i, 0, IOURD_SQ_ENTRIES)
		ring->sqes[i & (IOURD_SQ_ENTRIES - 1)] =
			(struct io_uring_sqe){.opcode = IORING_OP_NOP, .flags = IOSQE_FIXED_FILE};
}

/* For the first and the last steps: IDLE to RUNNING, RUNNING to @final, and the end */
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

/*
 * Reaps the pending completions. Returns their number in the low 32 bits, and the bitwise OR of
 * their results, which is 0 if all NOPs succeeded, in the high 32 bits. Not static, so that the
 * verifier checks its 64 rounds once, and not for each path to a call.
 */
__noinline __u64 nop_reap(struct iourd_rings *rings)
{
	__u32 head, n, i, results = 0;

	if (!rings)
		return 0;
	head = iourd_read(rings->cq_head);
	n = iourd_read(rings->cq_tail) - head;
	if (n > IOURD_BATCH)
		n = IOURD_BATCH;
	/* cheaper than bpf_for for such a short body */
#pragma clang loop unroll(disable)
	for (i = 0; i < n && i < IOURD_BATCH; i++)
		results |= rings->cqes[(head + i) & (IOURD_CQ_ENTRIES - 1)].res;
	iourd_write(rings->cq_head, head + n);
	return (__u64)results << 32 | n;
}

IOURD_STEP(nop_step, task_ring, wait)
{
	struct nop_region *region = iourd_region(task_ring, struct nop_region);
	__u64 done, operations, reaped;
	struct iourd_progress *progress;
	__u32 flight, depth, i, n;
	struct iourd_ring ring;
	__s64 want = 0;
	int taken = 0;

	if (!region || iourd_open_cq(task_ring, wait, &ring))
		return IOURD_LOOP_BROKEN;
	progress = &region->head.progress;
	if (iourd_read(progress->state) != IOURD_WORK_RUNNING)
		return turn(task_ring, wait, IOURD_WORK_RUNNING);
	flight = iourd_read(progress->flight);
	done = iourd_read(progress->done);
	depth = iourd_read(region->params.depth);
	if (depth - 1 >= NOP_DEPTH_MAX)
		depth = depth ? NOP_DEPTH_MAX : 1;
	operations = iourd_read(region->params.operations) ?: NO_LIMIT;
	if (iourd_read(region->head.control.stop))
		operations = 0;

	/* NOPs complete while they are submitted, so reap them in the same step */
	bpf_for(i, 0, ROUNDS) {
		reaped = nop_reap(ring.rings);
		n = reaped;
		if (reaped >> 32)
			iourd_set_error(&region->head, EIO, 0, IORING_OP_NOP, IOURD_SLOTS_MAX);
		flight -= n;
		if (flight > NOP_DEPTH_MAX)
			flight = 0; /* the application has changed it */
		done += n;
		want = (__s64)depth - flight;
		if ((__s64)(operations - done - flight) < want)
			want = operations - done - flight;
		if (want <= 0 || iourd_read(progress->error))
			break;
		taken = bpf_io_uring_submit_sqes(task_ring, want);
		if (taken <= 0)
			break;
		flight += taken;
	}
	iourd_write(progress->done, done);
	iourd_write(progress->flight, flight);
	if (flight)
		return iourd_wait(&ring);
	if (iourd_read(progress->error))
		return turn(task_ring, wait, IOURD_WORK_FAILED);
	if (want > 0) /* the kernel is short of memory */
		return iourd_again(&ring);
	return turn(task_ring, wait, operations ? IOURD_WORK_DONE : IOURD_WORK_STOPPED);
}

IOURD_LOOP(nop_step);
