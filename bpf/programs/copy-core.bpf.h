/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy-core.bpf.h - the loop of "copy" and "copy-paced"
 *
 * Blocks are read at rising offsets, up to depth at a time, each written as soon as it is full. A
 * request stays with its block until that is written: it is in flight once at any time, reading or
 * writing, and its bit in copy_private.busy is set. Which completion means what is the same in
 * both programs, and so is all state: either may go on where the other was swapped out.
 *
 * The source ends where a read returns 0, not where its size once was. So that nothing reads far
 * behind the end, blocks behind the horizon are tried one at a time; each one found full moves it.
 * A source that was cut while it was copied may end far before the place where that was noticed:
 * so the last byte is looked for again at the end, by halves if it is gone.
 */
#ifndef COPY_CORE_BPF_H
#define COPY_CORE_BPF_H

/* A step prepares at most one entry for each request, a timeout and three wake-ups. */
#define IOURD_SQ_ENTRIES 128u
#define IOURD_CQ_ENTRIES 256u

#include "iourd/loop.bpf.h"
#include "iourd/prog/copy.h"

#define COPY_OPCODES                                                                               \
	(IOURD_OP(READ_FIXED) | IOURD_OP(WRITE_FIXED) | IOURD_OP(FTRUNCATE) | IOURD_OP(FSYNC) |    \
	 IOURD_OP(TIMEOUT) | IOURD_OP(FUTEX_WAKE))

#define COPY_NONE    (~0ull)
#define COPY_RETRIES 4096u	 /* in a row, then EAGAIN is a failure */
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

/* First in each step. */
static __always_inline void copy_begin(const struct iourd_ring *ring, struct copy_region *region)
{
	const struct iourd_slot *source = &region->head.slots[COPY_SLOT_SOURCE];
	struct iourd_progress *progress = &region->head.progress;
	struct copy_params *params = &region->params;
	__u64 size = iourd_read(source->size);

	params->next_offset = 0;
	params->horizon = size;
	params->end = COPY_NONE;
	params->low = 0;
	params->reached = 0;
	params->broken = COPY_NONE;
	params->stride = 0;
	params->phase = COPY_COPYING;
	params->retries = 0;
	params->source = iourd_read(source->flags) & IOURD_SLOT_FILE_SPARSE ?
				 COPY_SOURCE_SPARSE :
				 COPY_SOURCE_AS_EXPECTED;
	params->short_reads = 0;
	params->short_writes = 0;
	params->paced_debt = 0;
	progress->error = 0;
	progress->done = 0;
	progress->total = size;
	iourd_set_state(ring, &region->head, IOURD_WORK_RUNNING);
}

/* The block's way ends here: written, or given up. */
static __always_inline void copy_release(const struct iourd_ring *ring, __u32 index)
{
	struct copy_private *private = iourd_private(ring, struct copy_private);

	private->busy &= ~(1ull << index);
	private->flight--;
}

static __always_inline void copy_give_up(const struct iourd_ring *ring, struct copy_region *region,
					 __u32 index)
{
	struct copy_request *request = &region->params.requests[index];

	region->params.broken =
		copy_min(region->params.broken, request->offset + request->written);
	copy_release(ring, index);
}

/* Reads what is missing of the block, or writes what was read and is not written. */
static __always_inline void copy_go_on(const struct iourd_ring *ring, struct copy_region *region,
				       __u32 index, __u32 kind)
{
	struct copy_request *request = &region->params.requests[index];
	__u64 buffer = (__u64)index * iourd_read(region->params.stride);
	__u32 filled = iourd_read(request->filled), written = iourd_read(request->written);
	__u64 offset = iourd_read(request->offset);
	int r;

	if (kind == COPY_KIND_READ)
		r = iourd_prepare_read(ring, &region->head, COPY_SLOT_SOURCE, buffer + filled,
				       iourd_read(request->length) - filled, offset + filled,
				       iourd_user_data(kind, index));
	else
		r = iourd_prepare_write(ring, &region->head, COPY_SLOT_TARGET, buffer + written,
					filled - written, offset + written,
					iourd_user_data(kind, index));
	if (r) /* no room in the SQ: cannot be, see IOURD_SQ_ENTRIES */
		copy_give_up(ring, region, index);
}

/* A failed request: true if it is to be tried again. */
static __always_inline _Bool copy_failed(struct copy_region *region, __s32 error, __u64 offset,
					 __u32 opcode, __u32 slot)
{
	struct copy_params *params = &region->params;

	if ((error == EAGAIN || error == EINTR) && ++params->retries < COPY_RETRIES)
		return 1;
	iourd_set_error(&region->head, error, offset, opcode, slot);
	return 0;
}

/* The source has data up to @place at least, or ends there: what that says of its size. */
static __always_inline void copy_look_at_size(struct copy_region *region, __u64 place, _Bool end)
{
	const struct iourd_slot *source = &region->head.slots[COPY_SLOT_SOURCE];
	struct iourd_progress *progress = &region->head.progress;
	struct copy_params *params = &region->params;
	__u64 size = iourd_read(source->size);

	if (place > params->horizon) /* as much again as it grew may be read ahead */
		params->horizon = place + (place - size);
	if (place > iourd_read(progress->total))
		iourd_write(progress->total, place);
	if (iourd_read(source->type) != S_IFREG) /* has no size to compare with */
		return;
	if (place > size)
		params->source = COPY_SOURCE_GREW;
	else if (end && place < size)
		params->source = COPY_SOURCE_SHRANK;
}

static __always_inline void copy_has_read(const struct iourd_ring *ring, struct copy_region *region,
					  __u32 index, __s32 res)
{
	struct copy_request *request = &region->params.requests[index];
	struct copy_params *params = &region->params;
	__u32 length = iourd_read(request->length), filled = iourd_read(request->filled);
	__u64 offset = iourd_read(request->offset);

	if (res > 0) {
		params->retries = 0;
		params->short_reads += filled != 0;
		filled += res;
		request->filled = filled;
		if (filled < length) {
			copy_go_on(ring, region, index, COPY_KIND_READ);
			return;
		}
	} else {
		params->end = copy_min(params->end, offset + filled);
	}
	copy_look_at_size(region, offset + filled, res == 0);
	if (filled && offset < params->end)
		copy_go_on(ring, region, index, COPY_KIND_WRITE);
	else
		copy_release(ring, index);
}

static __always_inline void copy_has_written(const struct iourd_ring *ring,
					     struct copy_region *region, __u32 index, __s32 res)
{
	struct copy_request *request = &region->params.requests[index];
	struct iourd_progress *progress = &region->head.progress;
	struct copy_params *params = &region->params;
	__u32 filled = iourd_read(request->filled), written = iourd_read(request->written) + res;
	__u64 offset = iourd_read(request->offset), done;

	params->retries = 0;
	request->written = written;
	if (offset + written > params->reached)
		params->reached = offset + written;
	if (written < filled) {
		params->short_writes++;
		copy_go_on(ring, region, index, COPY_KIND_WRITE);
		return;
	}
	done = iourd_read(progress->done);
	iourd_write(progress->done, done + filled);
	copy_release(ring, index);
}

/* Where to look for a byte of the source: params->low bytes are known to be there, end are not. */
static __always_inline __u64 copy_probe_place(const struct copy_params *params)
{
	return params->phase == COPY_CHECKING ? params->end - 1 :
						params->low + (params->end - params->low) / 2;
}

static __always_inline void copy_has_probed(struct copy_params *params, _Bool found)
{
	__u64 place = copy_probe_place(params);

	params->phase = COPY_SEARCHING;
	if (found)
		params->low = place + 1;
	else
		params->end = place;
}

/* One completion. */
static __noinline int copy_complete(const struct iourd_ring *ring, struct copy_region *region,
				    const struct io_uring_cqe *cqe)
{
	struct copy_private *private = iourd_private(ring, struct copy_private);
	__u32 index = iourd_index(cqe->user_data) & (COPY_DEPTH_MAX - 1);
	struct copy_request *request = &region->params.requests[index];
	__u32 kind = iourd_kind(cqe->user_data);
	__s32 res = cqe->res;

	switch (kind) {
	case COPY_KIND_READ:
		if (res < 0 && !copy_failed(region, -res, request->offset + request->filled,
					    IORING_OP_READ_FIXED, COPY_SLOT_SOURCE))
			copy_give_up(ring, region, index);
		else if (iourd_read(region->head.progress.error))
			copy_give_up(ring, region, index);
		else if (res < 0)
			copy_go_on(ring, region, index, kind);
		else
			copy_has_read(ring, region, index, res);
		break;
	case COPY_KIND_WRITE:
		if (res == 0) /* no progress, and no reason: not to be tried for ever */
			res = -EIO;
		if (res < 0 && !copy_failed(region, -res, request->offset + request->written,
					    IORING_OP_WRITE_FIXED, COPY_SLOT_TARGET))
			copy_give_up(ring, region, index);
		else if (res < 0 && iourd_read(region->head.progress.error))
			copy_give_up(ring, region, index);
		else if (res < 0)
			copy_go_on(ring, region, index, kind);
		else
			copy_has_written(ring, region, index, res);
		break;
	/* of the next three only one is in flight; what may be tried again leaves the phase as it is */
	case COPY_KIND_PROBE:
		private->flight--;
		if (res >= 0)
			copy_has_probed(&region->params, res > 0);
		else
			copy_failed(region, -res, region->params.end, IORING_OP_READ_FIXED,
				    COPY_SLOT_SOURCE);
		break;
	case COPY_KIND_CUT:
		private->flight--;
		if (res >= 0)
			region->params.phase = COPY_SYNCING;
		else
			copy_failed(region, -res, region->params.end, IORING_OP_FTRUNCATE,
				    COPY_SLOT_TARGET);
		break;
	case COPY_KIND_SYNC:
		private->flight--;
		if (res >= 0)
			region->params.phase = COPY_ENDING;
		else
			copy_failed(region, -res, 0, IORING_OP_FSYNC, COPY_SLOT_TARGET);
		break;
	case COPY_KIND_TIMER:
		private->timer = 0;
		break;
	}
	return 0;
}

/* ---- what to do next -------------------------------------------------------------------- */

/* Starts block @params->next_offset on a request that has none. */
static __always_inline void copy_start(const struct iourd_ring *ring, struct copy_region *region,
				       __u32 index, __u32 stride)
{
	struct copy_private *private = iourd_private(ring, struct copy_private);
	struct copy_params *params = &region->params;
	struct copy_request *request = &params->requests[index];
	__u64 offset = params->next_offset;

	private->busy |= 1ull << index;
	private->flight++;
	request->offset = offset;
	request->length = stride;
	request->filled = 0;
	request->written = 0;
	params->next_offset = offset + stride;
	copy_go_on(ring, region, index, COPY_KIND_READ);
}

/* Starts as many blocks as settings, rate and horizon allow. */
static __noinline int copy_start_blocks(const struct iourd_ring *ring, struct copy_region *region,
					__u32 largest, _Bool paced)
{
	struct copy_private *private = iourd_private(ring, struct copy_private);
	struct copy_params *params = &region->params;
	__u64 room = iourd_read(region->head.identity.data_size);
	__u32 stride = copy_min(iourd_read(params->block_size), copy_min(largest, room));
	__u32 depth = iourd_read(params->depth);
	__u32 blocks, i;

	if (stride < COPY_BLOCK_MIN)
		stride = COPY_BLOCK_MIN;
	/* blocks in flight lie a stride apart: another stride waits until there are none */
	if (stride != params->stride && private->flight)
		return 0;
	params->stride = stride;
	blocks = copy_min(room / stride, COPY_DEPTH_MAX);
	depth = copy_min(depth ?: 1, blocks);
	bpf_for(i, 0, blocks) {
		if (private->flight >= depth || (paced && params->paced_debt > 0))
			break;
		if (params->next_offset >= params->horizon && private->flight)
			break;
		if (private->busy & 1ull << (i & 63))
			continue;
		if (paced)
			params->paced_debt += stride;
		copy_start(ring, region, i & 63, stride);
	}
	return 0;
}

static __always_inline _Bool copy_must_cut(const struct copy_region *region)
{
	const struct iourd_slot *target = &region->head.slots[COPY_SLOT_TARGET];
	const struct copy_params *params = &region->params;

	return iourd_read(target->type) == S_IFREG &&
	       (params->reached > params->end || iourd_read(target->size) > params->end);
}

/* All that was started is finished and nothing more is to be started: what is left to do. */
static __noinline int copy_conclude(const struct iourd_ring *ring, struct copy_region *region)
{
	struct copy_private *private = iourd_private(ring, struct copy_private);
	struct iourd_progress *progress = &region->head.progress;
	struct copy_params *params = &region->params;
	__u64 end = params->end;

	if (iourd_read(progress->error)) {
		iourd_write(progress->done,
			    copy_min(copy_min(params->next_offset, end), params->broken));
		iourd_set_state(ring, &region->head, IOURD_WORK_FAILED);
		return 0;
	}
	if (end == COPY_NONE) {
		iourd_write(progress->done, params->next_offset);
		iourd_set_state(ring, &region->head, IOURD_WORK_STOPPED);
		return 0;
	}
	if (params->phase == COPY_COPYING)
		params->phase = COPY_CHECKING;
	if (params->phase <= COPY_SEARCHING) {
		if (params->low < end) {
			private->flight++;
			iourd_prepare_read(ring, &region->head, COPY_SLOT_SOURCE, 0, 1,
					   copy_probe_place(params),
					   iourd_user_data(COPY_KIND_PROBE, 0));
			return 0;
		}
		params->phase = copy_must_cut(region) ? COPY_CUTTING : COPY_SYNCING;
	}
	if (params->phase == COPY_CUTTING) {
		private->flight++;
		iourd_prepare_ftruncate(ring, COPY_SLOT_TARGET, end,
					iourd_user_data(COPY_KIND_CUT, 0));
		return 0;
	}
	if (params->phase == COPY_SYNCING && iourd_read(params->sync)) {
		private->flight++;
		iourd_prepare_fsync(ring, COPY_SLOT_TARGET, iourd_user_data(COPY_KIND_SYNC, 0));
		return 0;
	}
	copy_look_at_size(region, end, 1);
	iourd_write(progress->total, end);
	iourd_write(progress->done, end);
	iourd_set_state(ring, &region->head, IOURD_WORK_DONE);
	return 0;
}

/* ---- the rate --------------------------------------------------------------------------- */

#define COPY_SECOND 1000000000ull

/* What was earned since the last step is taken off the debt; returns the rate, 0: no limit. */
static __always_inline __u64 copy_earn(struct copy_params *params)
{
	__u64 rate = copy_min(iourd_read(params->bytes_per_second), COPY_RATE_MAX);
	__u64 now, elapsed, earned;
	__s64 debt;

	if (!rate) {
		params->paced_debt = 0;
		params->paced_rate = 0;
		return 0;
	}
	now = bpf_ktime_get_ns();
	debt = params->paced_debt;
	if (rate != params->paced_rate) { /* the new rate holds from now on */
		params->paced_rate = rate;
		params->paced_since = now;
		if (debt > (__s64)(rate / 10))
			debt = rate / 10;
	}
	elapsed = now - params->paced_since;
	if (elapsed > COPY_SECOND / 10) { /* paused, or the source is slower than the rate */
		elapsed = COPY_SECOND / 10;
		params->paced_since = now - elapsed;
	}
	earned = rate * elapsed / COPY_SECOND;
	params->paced_since += earned * COPY_SECOND / rate; /* the rest is earned later */
	debt -= earned;
	if (debt < -(__s64)(rate / 100))
		debt = -(__s64)(rate / 100);
	params->paced_debt = debt;
	return rate;
}

/* No block is worth more than 50 ms. */
static __always_inline __u32 copy_largest(__u64 rate)
{
	__u64 largest = rate / 20;

	if (!rate || largest > COPY_BLOCK_MAX)
		return COPY_BLOCK_MAX;
	return largest < 4096 ? largest & ~511ull : largest & ~4095ull;
}

/* The next step comes when the debt is paid, if nothing brings it earlier. */
static __always_inline void copy_set_timer(const struct iourd_ring *ring,
					   struct copy_region *region, __u64 rate)
{
	struct copy_private *private = iourd_private(ring, struct copy_private);
	struct copy_params *params = &region->params;
	__u64 time = params->paced_debt * COPY_SECOND / rate;

	if (time < COPY_SECOND / 1000)
		time = COPY_SECOND / 1000;
	params->timeout[0] = 0;
	params->timeout[1] = copy_min(time, COPY_SECOND / 10);
	private->timer = 1;
	iourd_prepare_timeout(ring, &region->head,
			      __builtin_offsetof(struct copy_region, params.timeout),
			      iourd_user_data(COPY_KIND_TIMER, 0));
}

/* ---- the step --------------------------------------------------------------------------- */

static __always_inline int copy_step(struct iou_ctx *ctx, struct iou_loop_params *wait, _Bool paced)
{
	struct copy_region *region = iourd_region(ctx, struct copy_region);
	struct iourd_progress *progress;
	struct copy_private *private;
	struct copy_params *params;
	__u64 done, rate = 0;
	struct iourd_ring ring;
	__u32 first, n, i;
	_Bool more;

	if (!region || iourd_open(ctx, wait, &ring))
		return IOURD_LOOP_BROKEN;
	if (iourd_submit(&ring))
		return iourd_again(&ring);
	private = iourd_private(&ring, struct copy_private);
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
		if (!private->flight && !private->timer)
			return iourd_finish(&ring);
		iourd_submit(&ring);
		return iourd_wait(&ring);
	}
	more = params->phase == COPY_COPYING && params->end == COPY_NONE &&
	       !iourd_read(region->head.control.stop) && !iourd_read(progress->error);
	if (more) {
		if (paced)
			rate = copy_earn(params);
		copy_start_blocks(&ring, region, copy_largest(rate), rate != 0);
		if (rate && params->paced_debt > 0 && !private->timer)
			copy_set_timer(&ring, region, rate);
		if (!private->flight && !private->timer) { /* no block fits into the data area */
			iourd_set_error(&region->head, ENOBUFS, 0, IORING_OP_READ_FIXED,
					COPY_SLOT_SOURCE);
			more = 0;
		}
	}
	if (!more && !private->flight)
		copy_conclude(&ring, region);
	if ((iourd_read(progress->done) ^ done) & ~(COPY_WAKE - 1))
		iourd_wake(&ring, &region->head);
	iourd_write(progress->flight, private->flight);
	if (iourd_submit(&ring) || iourd_is_final(iourd_read(progress->state)))
		return iourd_again(&ring);
	return iourd_wait(&ring);
}

/* ---- what both say of themselves -------------------------------------------------------- */

#define COPY_DESCRIPTION                                                                           \
	.version = 1, .progress_unit = IOURD_UNIT_BYTES, .data_initial = 1u << 20,                 \
	.data_maximum = COPY_DEPTH_MAX * COPY_BLOCK_MAX, .data_fields = {"depth", "block_size"},   \
	.opcodes = {COPY_OPCODES}, .slot_count = 2,                                                \
	.slots = {{.name = "source",                                                               \
		   .flags = IOURD_SLOT_READ | IOURD_SLOT_DISTINCT,                                 \
		   .types = IOURD_TYPE_REGULAR | IOURD_TYPE_BLOCK,                                 \
		   .help = "what is copied, from its start to its end"},                           \
		  {.name = "target",                                                               \
		   .flags = IOURD_SLOT_WRITE | IOURD_SLOT_DISTINCT,                                \
		   .types = IOURD_TYPE_REGULAR | IOURD_TYPE_BLOCK,                                 \
		   .help = "written from its start; a regular file ends where the source ends"}},  \
	.field_count = 7,                                                                          \
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
		 .help = "bytes read and written at once"},                                        \
		{.name = "bytes_per_second",                                                       \
		 .unit = IOURD_UNIT_BYTES_PER_SECOND,                                              \
		 .minimum = 0,                                                                     \
		 .maximum = COPY_RATE_MAX,                                                         \
		 .help = "the rate that copy-paced keeps to; 0: no limit. copy ignores it"},       \
		{.name = "sync", .help = "fsync the target before saying that it is done"},        \
		{.name = "source",                                                                 \
		 .flags = IOURD_FIELD_PROGRESS,                                                    \
		 .help = "what happened to the source while it was copied"},                       \
		{.name = "short_reads",                                                            \
		 .flags = IOURD_FIELD_PROGRESS,                                                    \
		 .unit = IOURD_UNIT_OPERATIONS,                                                    \
		 .help = "reads that returned less than was asked for, before the end"},           \
		{.name = "short_writes",                                                           \
		 .flags = IOURD_FIELD_PROGRESS,                                                    \
		 .unit = IOURD_UNIT_OPERATIONS,                                                    \
		 .help = "writes that took less than they were given"},                            \
	}

#endif
