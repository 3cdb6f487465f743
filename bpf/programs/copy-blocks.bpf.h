/* SPDX-License-Identifier: GPL-2.0-only */
/* copy-blocks.bpf.h - start, read, write or give up blocks */
#ifndef COPY_BLOCKS_BPF_H
#define COPY_BLOCKS_BPF_H

#include "copy-holes.bpf.h"

/* The block is written or given up. */
static __always_inline void copy_release(const struct iourd_ring *ring, __u32 index)
{
	struct copy_private *own = iourd_private(ring, struct copy_private);

	own->busy &= ~(1ull << index);
	own->flight--;
}

static __always_inline void copy_give_up(const struct iourd_ring *ring, struct copy_region *region,
					 __u32 index)
{
	struct copy_request *request = &region->params.requests[index];

	region->params.broken = copy_min(region->params.broken, request->offset + request->written);
	copy_release(ring, index);
}

static __always_inline void copy_finish_block(const struct iourd_ring *ring,
					      struct copy_region *region, __u32 index, __u32 filled)
{
	struct iourd_progress *progress = &region->head.progress;

	iourd_write(progress->done, iourd_read(progress->done) + filled);
	copy_release(ring, index);
}

/* Reads the rest of the block, or writes what was read and not yet written. */
static __noinline int copy_go_on(const struct iourd_ring *ring, struct copy_region *region,
				 __u32 index, __u32 kind)
{
	struct copy_request *request = &region->params.requests[index];
	__u64 buffer = (__u64)index * iourd_read(region->params.stride);
	__u32 filled = iourd_read(request->filled), written;
	__u64 offset = iourd_read(request->offset);
	int r;

	if (kind == COPY_KIND_WRITE) {
		copy_find_run(region, index, filled);
		if (iourd_read(request->written) >= filled) {
			copy_finish_block(ring, region, index, filled);
			return 0;
		}
	}
	written = iourd_read(request->written);
	if (kind == COPY_KIND_READ)
		r = iourd_prepare_read(ring, &region->head, COPY_SLOT_SOURCE, buffer + filled,
				       iourd_read(request->length) - filled, offset + filled,
				       iourd_user_data(kind, index));
	else
		r = iourd_prepare_write(ring, &region->head, COPY_SLOT_TARGET, buffer + written,
					iourd_read(request->run) - written, offset + written,
					iourd_user_data(kind, index));
	if (r) /* the SQ is full, which IOURD_SQ_ENTRIES prevents */
		copy_give_up(ring, region, index);
	return 0;
}

/* Returns true if the failed request is to be retried. */
static __always_inline _Bool copy_failed(struct copy_region *region, __s32 error, __u64 offset,
					 __u32 opcode, __u32 slot)
{
	struct copy_params *params = &region->params;

	if ((error == EAGAIN || error == EINTR) && ++params->retries < COPY_RETRIES)
		return 1;
	iourd_set_error(&region->head, error, offset, opcode, slot);
	return 0;
}

/* Updates the source's size, knowing that it reaches to @place at least, or ends there. */
static __always_inline void copy_look_at_size(struct copy_region *region, __u64 place, _Bool end)
{
	const struct iourd_slot *source = &region->head.slots[COPY_SLOT_SOURCE];
	struct iourd_progress *progress = &region->head.progress;
	struct copy_params *params = &region->params;
	__u64 size = iourd_read(source->size);

	if (place > params->horizon) /* allow to read ahead as much as it has grown */
		params->horizon = place + (place - size);
	if (iourd_read(source->type) != S_IFREG) /* its size is unknown */
		return;
	if (place > iourd_read(progress->total))
		iourd_write(progress->total, place);
	if (place > size)
		params->source = COPY_SOURCE_LONGER;
	else if (end && place < size)
		params->source = COPY_SOURCE_SHORTER;
}

/* Returns what is to be done next with the block, or 0 if nothing is. */
static __always_inline __u32 copy_has_read(const struct iourd_ring *ring,
					   struct copy_region *region, __u32 index, __s32 res)
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
		if (filled < length)
			return COPY_KIND_READ;
	} else {
		params->end = copy_min(params->end, offset + filled);
	}
	copy_look_at_size(region, offset + filled, res == 0);
	if (!filled || offset >= params->end) {
		copy_release(ring, index);
		return 0;
	}
	if (params->keep & COPY_KEEP_ZEROS)
		request->zeros = copy_find_zeros(ring, index * iourd_read(params->stride), filled);
	return COPY_KIND_WRITE;
}

/* The same */
static __always_inline __u32 copy_has_written(const struct iourd_ring *ring,
					      struct copy_region *region, __u32 index, __s32 res)
{
	struct copy_request *request = &region->params.requests[index];
	struct copy_params *params = &region->params;
	__u32 filled = iourd_read(request->filled), written = iourd_read(request->written) + res;
	__u64 offset = iourd_read(request->offset);

	params->retries = 0;
	request->written = written;
	if (offset + written > params->reached)
		params->reached = offset + written;
	params->short_writes += written < iourd_read(request->run);
	if (written < filled)
		return COPY_KIND_WRITE;
	copy_finish_block(ring, region, index, filled);
	return 0;
}

/*
 * What lies before all blocks in flight, the first failure, and the end is written, or is a hole. A
 * hole behind the last write is not there yet: the target ends where that write ended. After an
 * error of the target as a whole nothing is known: its data may be lost though each write
 * succeeded.
 */
static __noinline int copy_update_contiguous(const struct iourd_ring *ring,
					     struct copy_region *region)
{
	const struct copy_private *own = iourd_private(ring, struct copy_private);
	struct iourd_progress *progress = &region->head.progress;
	const struct copy_params *params = &region->params;
	__u64 place = copy_min(copy_min(params->next_offset, params->reached),
			       copy_min(params->end, params->broken));
	__u32 i;

	bpf_for(i, 0, COPY_DEPTH_MAX) {
		const struct copy_request *request = &params->requests[i & (COPY_DEPTH_MAX - 1)];

		if (own->busy & 1ull << (i & 63))
			place = copy_min(place, request->offset + request->written);
	}
	if (iourd_read(progress->error) && iourd_read(progress->error_offset) == IOURD_NO_OFFSET)
		place = 0;
	iourd_write(progress->contiguous, place);
	return 0;
}

/* Starts the block of @length bytes at params->next_offset on an idle request. */
static __always_inline void copy_start(const struct iourd_ring *ring, struct copy_region *region,
				       __u32 index, __u32 length)
{
	struct copy_private *own = iourd_private(ring, struct copy_private);
	struct copy_params *params = &region->params;
	struct copy_request *request = &params->requests[index];
	__u64 offset = params->next_offset;

	own->busy |= 1ull << index;
	own->flight++;
	request->offset = offset;
	request->length = length;
	request->filled = 0;
	request->written = 0;
	params->next_offset = offset + length;
	copy_go_on(ring, region, index, COPY_KIND_READ);
}

/* Starts as many blocks as settings, rate and horizon allow. */
static __noinline int copy_start_blocks(const struct iourd_ring *ring, struct copy_region *region,
					__u32 largest, _Bool paced)
{
	struct copy_private *own = iourd_private(ring, struct copy_private);
	struct copy_params *params = &region->params;
	__u64 room = copy_room(ring, region);
	__u32 stride = copy_min(iourd_read(params->block_size), copy_min(largest, room));
	__u32 depth = iourd_read(params->depth);
	__u32 blocks, i;
	__u64 length;

	if (params->keep & COPY_KEEP_ZEROS) /* chunks that are aligned */
		stride &= ~(COPY_BLOCK_MIN - 1);
	if (stride < COPY_BLOCK_MIN)
		stride = COPY_BLOCK_MIN;
	/* a new stride must wait until no blocks of the old one are in flight */
	if (stride != params->stride && own->flight)
		return 0;
	params->stride = stride;
	blocks = copy_min(room / stride, COPY_DEPTH_MAX);
	depth = copy_min(depth ?: 1, blocks);
	bpf_for(i, 0, blocks) {
		if (own->flight >= depth || (paced && params->paced_debt > 0))
			break;
		length = copy_pass_hole(region, stride);
		if (params->next_offset >= params->horizon && own->flight)
			break;
		if (own->busy & 1ull << (i & 63))
			continue;
		if (paced)
			params->paced_debt += length;
		copy_start(ring, region, i & 63, length);
	}
	return 0;
}

#endif
