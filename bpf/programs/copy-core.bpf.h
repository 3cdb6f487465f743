/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy-core.bpf.h - the loop of "copy" and "copy-paced"
 *
 * Blocks are read at increasing offsets, up to depth at a time. Each is written when it is full. A
 * request keeps its block until that is written. Meanwhile it is either reading or writing, in
 * flight once, and its bit in copy_private.busy is set. The meaning of completions and all state
 * are the same in both programs, so that either can continue where the other was swapped out.
 *
 * The source ends where a read returns 0, not at its initial size. To avoid reading far beyond the
 * end, blocks beyond the horizon are tried one at a time; each full one moves the horizon. A source
 * that was truncated during the copy may end far before the place where this was noticed. Therefore
 * its last byte is checked at the end, and the new end is found by bisection if it is gone.
 *
 * If holes are kept, the target is emptied first, and gets its size at the end.
 */
#ifndef COPY_CORE_BPF_H
#define COPY_CORE_BPF_H

#include "copy-blocks.bpf.h"
#include "copy-end.bpf.h"
#include "copy-rate.bpf.h"

/* Initialises the copy, in the first step. */
static __always_inline void copy_begin(const struct iourd_ring *ring, struct copy_region *region)
{
	const struct iourd_slot *source = &region->head.slots[COPY_SLOT_SOURCE];
	struct copy_private *own = iourd_private(ring, struct copy_private);
	struct iourd_progress *progress = &region->head.progress;
	struct copy_params *params = &region->params;
	__u64 size = iourd_read(source->size);
	__u32 keep = copy_keep(region);

	own->visible = copy_visible(ring->ctx);
	params->keep = keep;
	params->extent = 0;
	params->holes = 0;
	params->next_offset = 0;
	params->horizon = size;
	params->end = COPY_NONE;
	params->low = 0;
	params->reached = 0;
	params->broken = COPY_NONE;
	params->stride = 0;
	params->phase = keep ? COPY_EMPTYING : COPY_COPYING;
	params->retries = 0;
	params->source = iourd_read(source->flags) & IOURD_SLOT_FILE_SPARSE && !keep
				 ? COPY_SOURCE_SPARSE
				 : COPY_SOURCE_AS_EXPECTED;
	params->short_reads = 0;
	params->short_writes = 0;
	params->paced_debt = 0;
	progress->error = 0;
	progress->done = 0;
	progress->contiguous = 0;
	progress->total = size;
	iourd_set_state(ring, &region->head, IOURD_WORK_RUNNING);
}

/* Handles one completion. */
static __noinline int copy_complete(const struct iourd_ring *ring, struct copy_region *region,
				    const struct io_uring_cqe *cqe)
{
	struct copy_private *own = iourd_private(ring, struct copy_private);
	__u32 index = iourd_index(cqe->user_data) & (COPY_DEPTH_MAX - 1);
	struct copy_request *request = &region->params.requests[index];
	__u32 kind = iourd_kind(cqe->user_data), next = 0;
	__s32 res = cqe->res;

	switch (kind) {
	case COPY_KIND_READ:
		if (res < 0 && !copy_failed(region, -res, request->offset + request->filled,
					    IORING_OP_READ_FIXED, COPY_SLOT_SOURCE))
			copy_give_up(ring, region, index);
		else if (iourd_read(region->head.progress.error))
			copy_give_up(ring, region, index);
		else if (res < 0)
			next = kind;
		else
			next = copy_has_read(ring, region, index, res);
		break;
	case COPY_KIND_WRITE:
		if (res == 0) /* no progress and no error: do not retry forever */
			res = -EIO;
		if (res < 0 && !copy_failed(region, -res, request->offset + request->written,
					    IORING_OP_WRITE_FIXED, COPY_SLOT_TARGET))
			copy_give_up(ring, region, index);
		else if (res < 0 && iourd_read(region->head.progress.error))
			copy_give_up(ring, region, index);
		else if (res < 0)
			next = kind;
		else
			next = copy_has_written(ring, region, index, res);
		break;
	/* one of the next three at most is in flight; a retry leaves the phase unchanged */
	case COPY_KIND_PROBE:
		own->flight--;
		if (res >= 0)
			copy_has_probed(&region->params, res > 0);
		else
			copy_failed(region, -res, region->params.end, IORING_OP_READ_FIXED,
				    COPY_SLOT_SOURCE);
		break;
	case COPY_KIND_CUT:
		own->flight--;
		if (res >= 0)
			copy_has_cut(&region->params);
		else
			copy_failed(region, -res, IOURD_NO_OFFSET, IORING_OP_FTRUNCATE,
				    COPY_SLOT_TARGET);
		break;
	case COPY_KIND_SYNC:
		own->flight--;
		if (res >= 0 || res == -EINVAL) /* -EINVAL: the file has nothing to sync */
			region->params.phase = COPY_ENDING;
		else
			copy_failed(region, -res, IOURD_NO_OFFSET, IORING_OP_FSYNC,
				    COPY_SLOT_TARGET);
		break;
	case COPY_KIND_TIMER:
		own->timer = 0;
		if (res != -ETIME) /* the timer failed: do not retry in a tight loop */
			iourd_set_error(&region->head, -res, 0, IORING_OP_TIMEOUT, IOURD_SLOTS_MAX);
		break;
	}
	if (next)
		copy_go_on(ring, region, index, next);
	return 0;
}

static __always_inline int copy_step(struct iou_ctx *ctx, struct iou_loop_params *wait, _Bool paced)
{
	struct copy_region *region = iourd_region(ctx, struct copy_region);
	struct iourd_progress *progress;
	struct copy_private *own;
	struct copy_params *params;
	__u64 done, rate = 0;
	struct iourd_ring ring;
	__u32 first, n, i;
	_Bool more;

	if (!region || iourd_open(ctx, wait, &ring))
		return IOURD_LOOP_BROKEN;
	if (iourd_submit(&ring))
		return iourd_again(&ring);
	own = iourd_private(&ring, struct copy_private);
	progress = &region->head.progress;
	params = &region->params;
	if (iourd_read(progress->state) == IOURD_WORK_IDLE)
		copy_begin(&ring, region);
	done = iourd_read(progress->done);

	n = iourd_cq_ready(&ring, &first);
	bpf_for(i, 0, n)
		copy_complete(&ring, region, iourd_cqe(&ring, first + i));
	iourd_cq_release(&ring, first + n);

	if (iourd_is_final(iourd_read(progress->state))) {
		if (!own->flight && !own->timer)
			return iourd_finish(&ring);
		iourd_submit(&ring);
		return iourd_wait(&ring);
	}
	more = (params->phase == COPY_COPYING || params->phase == COPY_EMPTYING) &&
	       params->end == COPY_NONE && !iourd_read(region->head.control.stop) &&
	       !iourd_read(progress->error);
	if (more && params->phase == COPY_EMPTYING) {
		if (!own->flight)
			copy_empty_target(&ring, region);
	} else if (more) {
		if (paced)
			rate = copy_earn(params);
		copy_start_blocks(&ring, region, copy_largest(rate), rate != 0);
		if (rate && params->paced_debt > 0 && !own->timer)
			copy_set_timer(&ring, region, rate);
		if (!own->flight && !own->timer) { /* no block fits into the data area */
			iourd_set_error(&region->head, ENOBUFS, 0, IORING_OP_READ_FIXED,
					COPY_SLOT_SOURCE);
			more = 0;
		}
	}
	copy_update_contiguous(&ring, region);
	if (!more && !own->flight)
		copy_conclude(&ring, region);
	if ((iourd_read(progress->done) ^ done) & ~(COPY_WAKE - 1))
		iourd_wake(&ring, &region->head);
	iourd_write(progress->flight, own->flight);
	if (iourd_submit(&ring) || iourd_is_final(iourd_read(progress->state)))
		return iourd_again(&ring);
	return iourd_wait(&ring);
}

/* The descriptor of both programs */
#define COPY_DESCRIPTION                                                                           \
	.version = 1, .progress_unit = IOURD_UNIT_BYTES, .data_initial = 1u << 20,                 \
	.data_maximum = COPY_DEPTH_MAX * COPY_BLOCK_MAX, .data_fields = {"depth", "block_size"},   \
	.opcodes = {COPY_OPCODES}, .slot_count = 2,                                                \
	.slots = {{.name = "source",                                                               \
		   .flags = IOURD_SLOT_READ | IOURD_SLOT_DISTINCT,                                 \
		   .types = IOURD_TYPE_REGULAR | IOURD_TYPE_BLOCK,                                 \
		   .help = "the file to copy, from its start to its end"},                         \
		  {.name = "target",                                                               \
		   .flags = IOURD_SLOT_WRITE | IOURD_SLOT_DISTINCT,                                \
		   .types = IOURD_TYPE_REGULAR | IOURD_TYPE_BLOCK,                                 \
		   .help = "written from its start; a regular file ends where the source ends"}},  \
	.field_count = 9,                                                                          \
	.fields = {                                                                                \
		{.name = "depth",                                                                  \
		 .unit = IOURD_UNIT_REQUESTS,                                                      \
		 .minimum = 1,                                                                     \
		 .maximum = COPY_DEPTH_MAX,                                                        \
		 .initial = 16,                                                                    \
		 .help = "blocks in flight; no more than the data area holds"},                    \
		{.name = "block_size",                                                             \
		 .unit = IOURD_UNIT_BYTES,                                                         \
		 .minimum = COPY_BLOCK_MIN,                                                        \
		 .maximum = COPY_BLOCK_MAX,                                                        \
		 .initial = 64u << 10,                                                             \
		 .help = "size of a block in bytes"},                                              \
		{.name = "bytes_per_second",                                                       \
		 .unit = IOURD_UNIT_BYTES_PER_SECOND,                                              \
		 .minimum = 0,                                                                     \
		 .maximum = COPY_RATE_MAX,                                                         \
		 .help = "maximum rate of copy-paced; 0: no limit. Ignored by copy"},              \
		{.name = "sync",                                                                   \
		 .initial = 1,                                                                     \
		 .help = "fsync the target before the copy is done: only this finds all errors"},  \
		{.name = "sparse",                                                                 \
		 .flags = IOURD_FIELD_FIXED,                                                       \
		 .help = "holes of the target: those of the source, all zeros as well, or none"},  \
		{.name = "source",                                                                 \
		 .flags = IOURD_FIELD_PROGRESS,                                                    \
		 .help = "compared with its size and kind when the ring was created"},             \
		{.name = "holes",                                                                  \
		 .flags = IOURD_FIELD_PROGRESS,                                                    \
		 .unit = IOURD_UNIT_BYTES,                                                         \
		 .help = "not written, as the source has holes or zeros there"},                   \
		{.name = "short_reads",                                                            \
		 .flags = IOURD_FIELD_PROGRESS,                                                    \
		 .unit = IOURD_UNIT_OPERATIONS,                                                    \
		 .help = "reads before the end that returned less than requested"},                \
		{.name = "short_writes",                                                           \
		 .flags = IOURD_FIELD_PROGRESS,                                                    \
		 .unit = IOURD_UNIT_OPERATIONS,                                                    \
		 .help = "writes that wrote less than requested"},                                 \
	}

#endif
