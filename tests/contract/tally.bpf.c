// SPDX-License-Identifier: GPL-2.0-only
/*
 * tally - NOPs with consecutive numbers, each accounted for, also across swaps
 *
 * Built twice: tally-a and tally-b count their steps apart, and have one layout. Every NOP carries
 * the count of those before it; NOPs complete in the order in which they were submitted, so a
 * completion that is lost, doubled or out of place is seen at once.
 */
#define IOURD_SQ_ENTRIES 64
#define IOURD_CQ_ENTRIES 128

#include "iourd/loop.bpf.h"
#include "tally.h"

struct tally_region {
	struct iourd_head head;
	struct tally_params params;
};

IOURD_PROGRAM(tally_params, .name = TALLY_NAME, .summary = "Counts NOPs for the contract tests",
	      .version = 3, .progress_unit = IOURD_UNIT_OPERATIONS, .data_maximum = 1 << 20,
	      .data_fields = {"depth", "operations"},
	      .opcodes = {IOURD_OP(NOP) | IOURD_OP(FUTEX_WAKE)}, .slot_count = 2,
	      .slots =
		      {
			      {.name = "source",
			       .flags = IOURD_SLOT_READ | IOURD_SLOT_OPTIONAL,
			       .types = IOURD_TYPE_REGULAR,
			       .help = "Not read"},
			      {.name = "target",
			       .flags = IOURD_SLOT_WRITE | IOURD_SLOT_OPTIONAL |
					IOURD_SLOT_DISTINCT,
			       .types = IOURD_TYPE_REGULAR | IOURD_TYPE_PIPE,
			       .help = "Not written"},
		      },
	      .field_count = 11,
	      .fields = {
		      {.name = "depth",
		       .unit = IOURD_UNIT_REQUESTS,
		       .minimum = 1,
		       .maximum = TALLY_DEPTH_MAX,
		       .initial = 8,
		       .help = "NOPs in flight"},
		      {.name = "answer", .minimum = -4, .maximum = 4, .initial = -1},
		      {.name = "operations", .unit = IOURD_UNIT_OPERATIONS, .initial = 1000},
		      {.name = "mood", .initial = TALLY_BUSY},
		      {.name = "flag", .flags = IOURD_FIELD_FIXED, .initial = 1},
		      {.name = "label", .flags = IOURD_FIELD_FIXED},
		      {.name = "submitted", .flags = IOURD_FIELD_PROGRESS},
		      {.name = "completed", .flags = IOURD_FIELD_PROGRESS},
		      {.name = "misplaced", .flags = IOURD_FIELD_PROGRESS},
		      {.name = "steps_a", .flags = IOURD_FIELD_PROGRESS},
		      {.name = "inner", .flags = IOURD_FIELD_PROGRESS},
	      });

IOURD_STEP(tally_step, task_ring, wait)
{
	struct tally_region *region = iourd_region(task_ring, struct tally_region);
	struct tally_params *params;
	struct iourd_ring ring;
	struct io_uring_sqe *sqe;
	__u32 head, n, i, depth, want;
	__u64 operations, flight;

	if (!region || iourd_open(task_ring, wait, &ring))
		return IOURD_LOOP_BROKEN;
	params = &region->params;
	params->TALLY_STEPS++;

	n = iourd_cq_ready(&ring, &head);
	bpf_for(i, 0, n) {
		if (iourd_cqe(&ring, head + i)->user_data != params->completed + i)
			params->misplaced++;
	}
	iourd_cq_release(&ring, head + n);
	params->completed += n;

	flight = params->submitted - params->completed;
	depth = iourd_read(params->depth);
	operations = iourd_read(params->operations);
	want = depth <= TALLY_DEPTH_MAX && flight < depth ? depth - (__u32)flight : 0;
	if (operations && params->submitted + want > operations)
		want = params->submitted < operations ? operations - params->submitted : 0;
	if (iourd_read(region->head.control.stop))
		want = 0;
	if (want > TALLY_DEPTH_MAX)
		want = 0;

	bpf_for(i, 0, want) {
		sqe = iourd_sqe(&ring, IORING_OP_NOP, params->submitted + i);
		if (!sqe)
			break;
	}
	params->submitted += want;
	if (want && iourd_submit(&ring))
		return IOURD_LOOP_BROKEN;
	iourd_write(region->head.progress.done, params->completed);
	if (params->submitted != params->completed)
		return iourd_wait(&ring);
	iourd_write(region->head.progress.state, IOURD_WORK_DONE);
	return params->answer < 0 ? IOU_LOOP_STOP : params->answer;
}

IOURD_LOOP(tally_step);
