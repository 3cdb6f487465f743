/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* data.c - access to the parts of the region, without the daemon */
#include "lib/futex.h"
#include "lib/ring.h"

struct iourd_head *iouctl_ring_head(const struct iouctl_ring *ring)
{
	return ring->region.head;
}

void *iouctl_ring_params(const struct iouctl_ring *ring, size_t *ret_size)
{
	if (ret_size)
		*ret_size = ring->region.identity.params_size;
	return region_params(&ring->region);
}

void *iouctl_ring_data(const struct iouctl_ring *ring, size_t *ret_size)
{
	if (ret_size)
		*ret_size = ring->region.identity.data_size;
	return region_data(&ring->region);
}

int iouctl_ring_lease_fd(const struct iouctl_ring *ring)
{
	return ring->lease_fd;
}

void iouctl_ring_progress(const struct iouctl_ring *ring, struct iouctl_progress *ret)
{
	const struct iourd_life *life = &ring->region.head->life;
	const struct iourd_progress *progress = &ring->region.head->progress;
	struct iouctl_progress now = {};
	int32_t error;

	/* States first: the writer stores the other fields before them. */
	now.ring_state = load(&life->state);
	now.state = load(&progress->state);
	now.generation = __atomic_load_n(&life->generation, __ATOMIC_RELAXED);
	now.done = __atomic_load_n(&progress->done, __ATOMIC_RELAXED);
	now.total = __atomic_load_n(&progress->total, __ATOMIC_RELAXED);
	now.error_offset = __atomic_load_n(&progress->error_offset, __ATOMIC_RELAXED);
	now.contiguous = __atomic_load_n(&progress->contiguous, __ATOMIC_RELAXED);
	now.error_op = __atomic_load_n(&progress->error_op, __ATOMIC_RELAXED);
	now.error_slot = __atomic_load_n(&progress->error_slot, __ATOMIC_RELAXED);
	if (now.error_slot > IOURD_SLOTS_MAX)
		now.error_slot = IOURD_SLOTS_MAX;
	error = __atomic_load_n(&progress->error, __ATOMIC_RELAXED);
	if (error == 0)
		error = __atomic_load_n(&life->error, __ATOMIC_RELAXED);
	now.error = error > 0 ? error : 0;
	*ret = now;
}

int iouctl_ring_doorbell(const struct iouctl_ring *ring)
{
	uint32_t *doorbell = &ring->region.head->control.doorbell;

	__atomic_fetch_add(doorbell, 1, __ATOMIC_SEQ_CST);
	futex_wake(doorbell);
	return 0;
}

int iouctl_ring_stop(const struct iouctl_ring *ring)
{
	__atomic_store_n(&ring->region.head->control.stop, 1, __ATOMIC_RELEASE);
	return iouctl_ring_doorbell(ring);
}
