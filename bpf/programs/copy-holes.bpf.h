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
 * that is unclear, as in a map that is out of order, they are read.
 */
static __noinline __u64 copy_pass_hole(struct copy_region *region, __u64 limit)
{
	struct iourd_progress *progress = &region->head.progress;
	struct copy_params *params = &region->params;
	__u64 mapped = copy_min(iourd_read(params->mapped), COPY_MAPPED_MAX);
	__u64 offset = params->next_offset;
	__u64 begin = mapped, end = mapped;
	__u32 count = copy_min(iourd_read(params->extent_count), COPY_EXTENTS_MAX), i;

	if (!(params->keep & COPY_KEEP_MAP) || offset >= mapped)
		return limit;
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
 * Whether @length bytes at @place of the data area are zeros, for a program that can look at the
 * first @size bytes of the area. The verifier must see that size as a constant.
 */
#define COPY_IS_ZERO(size)                                                                         \
	static __noinline int copy_is_zero_##size(struct iou_ctx *ctx, __u32 place, __u32 length)  \
	{                                                                                          \
		const __u8 *data =                                                                 \
			bpf_io_uring_get_region(ctx, IOU_REGION_MEM, COPY_DATA_OFFSET + (size));   \
		__u32 i;                                                                           \
                                                                                                   \
		if (!data || place % COPY_CHUNK || length % COPY_CHUNK)                            \
			return 0;                                                                  \
		data += COPY_DATA_OFFSET;                                                          \
		bpf_for(i, 0, length / COPY_CHUNK) {                                               \
			const __u64 *words = (const void *)(data + ((place + i * COPY_CHUNK) &     \
								    ((size) - COPY_CHUNK)));       \
                                                                                                   \
			if (words[0] | words[1] | words[2] | words[3] | words[4] | words[5] |      \
			    words[6] | words[7])                                                   \
				return 0;                                                          \
		}                                                                                  \
		return 1;                                                                          \
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

COPY_SIZES(COPY_IS_ZERO)

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

static __noinline int copy_is_zero(const struct iourd_ring *ring, __u32 place, __u32 length)
{
	const struct copy_private *own = iourd_private(ring, struct copy_private);

	switch (own->visible) {
#define COPY_CASE(size)                                                                            \
	case size:                                                                                 \
		return copy_is_zero_##size(ring->ctx, place, length);
		COPY_SIZES(COPY_CASE)
#undef COPY_CASE
	}
	return 0;
}

/*
 * What is to be written next of a block whose first @filled bytes are read: from request->written,
 * which is moved over zeros, to request->run. Both are @filled if nothing is left.
 */
static __noinline int copy_find_run(const struct iourd_ring *ring, struct copy_region *region,
				    __u32 index, __u32 filled)
{
	struct copy_params *params = &region->params;
	struct copy_request *request = &params->requests[index & (COPY_DEPTH_MAX - 1)];
	__u32 buffer = index * iourd_read(params->stride);
	_Bool zero = 1;
	__u32 i;

	request->run = filled;
	if (!(params->keep & COPY_KEEP_ZEROS))
		return 0;
	request->run = iourd_read(request->written);
	bpf_for(i, 0, COPY_BLOCK_MAX / COPY_UNIT + 1) {
		__u32 at = iourd_read(request->run), next;

		if (at >= filled)
			break;
		next = copy_min((at | (COPY_UNIT - 1)) + 1, filled);
		zero = at % COPY_UNIT == 0 && copy_is_zero(ring, buffer + at, next - at);
		if (zero && at > iourd_read(request->written))
			break;
		request->run = next;
		if (zero) {
			params->holes += next - at;
			request->written = next;
		}
	}
	return 0;
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
