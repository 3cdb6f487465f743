/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy-holes.bpf.h - what need not be read, and what need not be written
 *
 * The application may have mapped the source's holes. They are passed over without a request. A
 * target that was emptied reads as zeros where nothing was written, so zeros can be left out, too.
 * The map is as hostile as all of the region: it decides which blocks are read, and no more.
 */
#ifndef COPY_HOLES_BPF_H
#define COPY_HOLES_BPF_H

#include "copy-state.bpf.h"

#define COPY_UNIT	4096u	     /* zeros are left out in multiples of it */
#define COPY_CHUNK	64u	     /* bytes that are compared at once */
#define COPY_MAPPED_MAX (1ull << 62) /* no file is longer, and offsets do not overflow */
#define COPY_LOOK_AHEAD 64u	     /* extents that are passed over at a time */
/* Offset of the data area in the region, as the daemon makes it */
#define COPY_DATA_OFFSET ((sizeof(struct copy_region) + 4095) & ~4095ull)

/*
 * Moves next_offset over a hole. Returns how many bytes, at most @limit, are to be read there. If
 * that is unclear, as in a map that is out of order, they are read. Like the other functions here,
 * it is not static, so that the verifier checks its loop once, and not for each path to a call.
 */
__noinline __u64 copy_pass_hole(struct copy_region *region, __u64 limit)
{
	struct iourd_progress *progress;
	struct copy_params *params;
	__u64 mapped, offset, begin, end;
	__u32 count, i;

	if (!region)
		return limit;
	progress = &region->head.progress;
	params = &region->params;
	mapped = copy_min(iourd_read(params->mapped), COPY_MAPPED_MAX);
	offset = params->next_offset;
	if (!(params->keep & COPY_KEEP_MAP) || offset >= mapped)
		return limit;
	begin = end = mapped;
	count = copy_min(iourd_read(params->extent_count), COPY_EXTENTS_MAX);
	bpf_for(i, 0, COPY_LOOK_AHEAD) {
		const struct copy_extent *extent =
			&params->extents[params->extent & (COPY_EXTENTS_MAX - 1)];

		if (params->extent >= count || iourd_read(extent->end) > offset)
			break;
		params->extent++;
	}
	if (params->extent < count) {
		const struct copy_extent *extent =
			&params->extents[params->extent & (COPY_EXTENTS_MAX - 1)];

		begin = copy_min(iourd_read(extent->begin), mapped);
		end = copy_min(iourd_read(extent->end), mapped);
	}
	if (begin > offset) {
		params->holes += begin - offset;
		iourd_write(progress->done, iourd_read(progress->done) + (begin - offset));
		params->next_offset = offset = begin;
	}
	return end > offset ? copy_min(limit, end - offset) : limit;
}

/*
 * Returns which units of the block of @length bytes at @place of the data area are zeros: bit n is
 * for the unit n. A unit at the end that is no multiple of COPY_CHUNK counts as data. The verifier
 * must see the size of the area that the program may look at as a constant.
 */
#define COPY_FIND_ZEROS(size)                                                                      \
	struct copy_data_##size {                                                                  \
		__u64 words[(size) / 8];                                                           \
	};                                                                                         \
	__noinline __u64 copy_find_zeros_##size(const struct copy_data_##size *data, __u32 place,  \
						__u32 length)                                      \
	{                                                                                          \
		__u64 zeros = ~0ull;                                                               \
		__u32 i;                                                                           \
                                                                                                   \
		if (!data || place % COPY_CHUNK || length > COPY_BLOCK_MAX)                        \
			return 0;                                                                  \
		bpf_for(i, 0, (length + COPY_CHUNK - 1) / COPY_CHUNK) {                            \
			__u32 unit = i / (COPY_UNIT / COPY_CHUNK);                                 \
			const __u64 *words = &data->words[(place + i * COPY_CHUNK) / 8 &           \
							  ((size) - COPY_CHUNK) / 8];              \
                                                                                                   \
			if (!(zeros >> (unit & 63) & 1))                                           \
				continue;                                                          \
			if (words[0] | words[1] | words[2] | words[3] | words[4] | words[5] |      \
				    words[6] | words[7] ||                                         \
			    (i + 1) * COPY_CHUNK > length)                                         \
				zeros &= ~(1ull << (unit & 63));                                   \
		}                                                                                  \
		return zeros;                                                                      \
	}

#define COPY_SIZES(X)                                                                              \
	X(16777216)                                                                                \
	X(8388608)                                                                                 \
	X(4194304)                                                                                 \
	X(2097152)                                                                                 \
	X(1048576)                                                                                 \
	X(524288)                                                                                  \
	X(262144)                                                                                  \
	X(131072)                                                                                  \
	X(65536)                                                                                   \
	X(32768)                                                                                   \
	X(16384)                                                                                   \
	X(8192)                                                                                    \
	X(4096)

COPY_SIZES(COPY_FIND_ZEROS)

/* The largest of these sizes that the region has room for, or 0 */
static __noinline __u32 copy_visible(struct iou_ctx *ctx)
{
#define COPY_TRY(size)                                                                             \
	if (bpf_io_uring_get_region(ctx, IOU_REGION_MEM, COPY_DATA_OFFSET + (size)))               \
		return (size);
	COPY_SIZES(COPY_TRY)
#undef COPY_TRY
	return 0;
}

static __noinline __u64 copy_find_zeros(const struct iourd_ring *ring, __u32 place, __u32 length)
{
	const struct copy_private *own = iourd_private(ring, struct copy_private);
	const __u8 *region;

	switch (own->visible) {
#define COPY_CASE(size)                                                                            \
	case size:                                                                                 \
		region = bpf_io_uring_get_region(ring->ctx, IOU_REGION_MEM,                        \
						 COPY_DATA_OFFSET + (size));                       \
		if (!region)                                                                       \
			return 0;                                                                  \
		return copy_find_zeros_##size((const void *)(region + COPY_DATA_OFFSET), place,    \
					      length);
		COPY_SIZES(COPY_CASE)
#undef COPY_CASE
	}
	return 0;
}

/*
 * What is to be written next of a block of @filled bytes whose first @written bytes are done: the
 * start of the next data in the low 32 bits, its end in the high ones. Both are @filled if nothing
 * is left.
 */
__noinline __u64 copy_next_run(__u64 zeros, __u32 written, __u32 filled)
{
	__u32 begin = filled, end = filled, i;

	bpf_for(i, written / COPY_UNIT, COPY_BLOCK_MAX / COPY_UNIT) {
		__u32 at = i * COPY_UNIT;

		if (at >= filled)
			break;
		if (zeros >> (i & 63) & 1) {
			if (begin == filled)
				continue;
			end = at;
			break;
		}
		if (begin == filled)
			begin = at > written ? at : written;
	}
	return (__u64)end << 32 | begin;
}

/* Passes over zeros: sets request->written and request->run. */
static __always_inline void copy_find_run(struct copy_region *region, __u32 index, __u32 filled)
{
	struct copy_params *params = &region->params;
	struct copy_request *request = &params->requests[index];
	__u32 written = iourd_read(request->written);
	__u64 run;

	request->run = filled;
	if (!(params->keep & COPY_KEEP_ZEROS))
		return;
	run = copy_next_run(iourd_read(request->zeros), written, filled);
	request->run = run >> 32;
	request->written = (__u32)run;
	params->holes += (__u32)run - written;
}

/* The data area's bytes for blocks: those that the program can look at, if it has to. */
static __always_inline __u64 copy_room(const struct iourd_ring *ring,
				       const struct copy_region *region)
{
	const struct copy_private *own = iourd_private(ring, struct copy_private);
	__u64 size = iourd_read(region->head.identity.data_size);

	return region->params.keep & COPY_KEEP_ZEROS ? copy_min(own->visible, size) : size;
}

/* What is kept as a hole. Only a regular file has zeros where nothing is written. */
static __always_inline __u32 copy_keep(const struct copy_region *region)
{
	__u32 sparse = iourd_read(region->params.sparse);
	_Bool mapped = iourd_read(region->params.mapped) != 0;

	if (iourd_read(region->head.slots[COPY_SLOT_TARGET].type) != S_IFREG)
		return 0;
	if (sparse == COPY_SPARSE_ALWAYS)
		return COPY_KEEP_MAP | COPY_KEEP_ZEROS;
	if (sparse != COPY_SPARSE_AUTO)
		return 0;
	if (mapped)
		return COPY_KEEP_MAP;
	/* nobody knows where the holes are */
	return iourd_read(region->head.slots[COPY_SLOT_SOURCE].flags) & IOURD_SLOT_FILE_SPARSE
		       ? COPY_KEEP_ZEROS
		       : 0;
}

#endif
