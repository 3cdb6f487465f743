/* SPDX-License-Identifier: GPL-2.0-only */
/* copy-end.bpf.h - after the last read: find the end, truncate, sync, report */
#ifndef COPY_END_BPF_H
#define COPY_END_BPF_H

#include "copy-blocks.bpf.h"

/* Offset to probe: the source has at least params->low bytes and at most params->end. */
static __always_inline __u64 copy_probe_place(const struct copy_params *params)
{
	return params->phase == COPY_CHECKING ? params->end - 1
					      : params->low + (params->end - params->low) / 2;
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

/* It is too long, or ends with a hole, which is not there yet. */
static __always_inline _Bool copy_must_cut(const struct copy_region *region)
{
	const struct iourd_slot *target = &region->head.slots[COPY_SLOT_TARGET];
	const struct copy_params *params = &region->params;

	return iourd_read(target->type) == S_IFREG &&
	       (params->reached != params->end || iourd_read(target->size) > params->end);
}

/* Before the first block, so that what is not written later is a hole. */
static __always_inline void copy_empty_target(const struct iourd_ring *ring,
					      struct copy_region *region)
{
	struct copy_private *own = iourd_private(ring, struct copy_private);

	own->flight++;
	iourd_prepare_ftruncate(ring, COPY_SLOT_TARGET, 0, iourd_user_data(COPY_KIND_CUT, 0));
}

/* FTRUNCATE succeeded. */
static __always_inline void copy_has_cut(struct copy_params *params)
{
	if (params->phase == COPY_EMPTYING) {
		params->phase = COPY_COPYING;
		return;
	}
	params->reached = params->end;
	params->phase = COPY_SYNCING;
}

/* Called when no request is in flight and no block is left to start. */
static __noinline int copy_conclude(const struct iourd_ring *ring, struct copy_region *region)
{
	struct copy_private *own = iourd_private(ring, struct copy_private);
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
			own->flight++;
			iourd_prepare_read(ring, &region->head, COPY_SLOT_SOURCE, 0, 1,
					   copy_probe_place(params),
					   iourd_user_data(COPY_KIND_PROBE, 0));
			return 0;
		}
		params->phase = copy_must_cut(region) ? COPY_CUTTING : COPY_SYNCING;
	}
	if (params->phase == COPY_CUTTING) {
		own->flight++;
		iourd_prepare_ftruncate(ring, COPY_SLOT_TARGET, end,
					iourd_user_data(COPY_KIND_CUT, 0));
		return 0;
	}
	if (params->phase == COPY_SYNCING && iourd_read(params->sync)) {
		own->flight++;
		iourd_prepare_fsync(ring, COPY_SLOT_TARGET, iourd_user_data(COPY_KIND_SYNC, 0));
		return 0;
	}
	copy_look_at_size(region, end, 1);
	iourd_write(progress->total, end);
	iourd_write(progress->done, end);
	iourd_set_state(ring, &region->head, IOURD_WORK_DONE);
	return 0;
}

#endif
