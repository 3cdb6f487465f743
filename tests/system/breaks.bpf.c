// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two programs that differ in one thing: BREAKS. A step is a NOP; "steady" goes on for ever,
 * "breaks" until its parameters say how it is to break.
 */
#define IOURD_SQ_ENTRIES 8u
#define IOURD_CQ_ENTRIES 16u

#include "iourd/loop.bpf.h"

#include "breaks.h"

#ifdef BREAKS
#define NAME "breaks"
#else
#define NAME "steady"
#endif
#define MILLISECOND 1000000
#define HOUR	    3600

struct breaks_region {
	struct iourd_head head;
	struct breaks_params params;
};

IOURD_PROGRAM(breaks_params, .name = NAME, .summary = "Takes steps, and then does not",
	      .version = 1, .progress_unit = IOURD_UNIT_OPERATIONS,
	      .opcodes = {IOURD_OP(NOP) | IOURD_OP(TIMEOUT) | IOURD_OP(FUTEX_WAKE)},
	      .field_count = 2,
	      .fields = {
		      {.name = "way", .maximum = BREAK_WAYS - 1, .help = "enum break_way"},
		      {.name = "after", .unit = IOURD_UNIT_OPERATIONS, .help = "steps before it"},
	      });

#ifdef BREAKS
/* A last request, which completes after @seconds and a bit, and a wait for more than that. */
static __noinline int sleep_for_ever(struct iou_ctx *ctx, struct iou_loop_params *wait,
				     __s64 seconds)
{
	struct breaks_region *region = iourd_region(ctx, struct breaks_region);
	struct iourd_ring ring;

	if (!region || iourd_open(ctx, wait, &ring))
		return IOURD_LOOP_BROKEN;
	if (!iourd_read(region->params.asleep)) {
		region->params.time[0] = seconds;
		region->params.time[1] = MILLISECOND;
		iourd_prepare_timeout(&ring, &region->head,
				      __builtin_offsetof(struct breaks_region, params.time),
				      iourd_user_data(1, 0));
		iourd_submit(&ring);
		iourd_write(region->params.asleep, 1);
	}
	wait->cq_wait_idx = ring.rings->cq_head + IOURD_CQ_ENTRIES;
	return IOU_LOOP_CONTINUE;
}

static __noinline int submit_for_ever(struct iou_ctx *ctx, struct iou_loop_params *wait)
{
	struct breaks_region *region = iourd_region(ctx, struct breaks_region);
	struct iourd_ring ring;

	if (!region || iourd_open(ctx, wait, &ring))
		return IOURD_LOOP_BROKEN;
	iourd_write(region->params.asleep, 1);
	if (iourd_sqe(&ring, IORING_OP_NOP, iourd_user_data(0, 0)))
		iourd_submit(&ring);
	wait->cq_wait_idx = ring.rings->cq_head;
	return IOU_LOOP_CONTINUE;
}

static __noinline int break_now(struct iou_ctx *ctx, struct iou_loop_params *wait)
{
	struct breaks_region *region = iourd_region(ctx, struct breaks_region);
	struct iourd_ring ring;

	if (!region || iourd_open(ctx, wait, &ring))
		return IOURD_LOOP_BROKEN;
	switch (iourd_read(region->params.way)) {
	case BREAK_GARBAGE:
		return 17;
	case BREAK_FAILED:
		iourd_set_error(&region->head, EIO, 0, IORING_OP_NOP, IOURD_SLOTS_MAX);
		iourd_set_state(&ring, &region->head, IOURD_WORK_FAILED);
		return iourd_finish(&ring);
	case BREAK_OVERFLOW:
		return submit_for_ever(ctx, wait);
	case BREAK_DEAF:
		return sleep_for_ever(ctx, wait, 0);
	default:
		return sleep_for_ever(ctx, wait, HOUR);
	}
}
#endif

IOURD_STEP(breaks_step, task_ring, wait)
{
	struct breaks_region *region = iourd_region(task_ring, struct breaks_region);
	struct iourd_ring ring;
	struct io_uring_sqe *sqe;
	__u64 done;

	if (!region || iourd_open(task_ring, wait, &ring))
		return IOURD_LOOP_BROKEN;
	if (!iourd_read(region->params.asleep)) /* else it waits until there are enough */
		iourd_cq_release(&ring, iourd_read(ring.rings->cq_tail));
	done = iourd_read(region->head.progress.done) + 1;
	iourd_write(region->head.progress.done, done);
	iourd_write(region->head.progress.state, IOURD_WORK_RUNNING);
#ifdef BREAKS
	if (iourd_read(region->params.way) && done > iourd_read(region->params.after))
		return break_now(task_ring, wait);
#endif
	sqe = iourd_sqe(&ring, IORING_OP_NOP, iourd_user_data(0, 0));
	if (sqe)
		iourd_submit(&ring);
	return iourd_wait(&ring);
}

IOURD_LOOP(breaks_step);
