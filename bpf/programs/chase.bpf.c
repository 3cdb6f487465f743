// SPDX-License-Identifier: GPL-2.0-only
/*
 * chase - follows chains of blocks in a file for the threads of an application
 *
 * The application posts requests in a table and rings the doorbell. An idle loop takes no step: a
 * FUTEX_WAIT on the doorbell is in flight, and only its completion causes a scan of the table. A
 * hop is one completion, one read of the block's header and one request. While blocks are in the
 * page cache, hops need no steps of their own.
 */
/* A step prepares at most one read and one reply for each request, and three more entries. */
#define IOURD_SQ_ENTRIES 256u
#define IOURD_CQ_ENTRIES 512u

#include "iourd/loop.bpf.h"
#include "iourd/prog/chase.h"

#define PAGE 4096u /* the data area starts at the page after the parameters */

struct chase_region {
	struct iourd_head head;
	struct chase_params params;
	__u8 pad[PAGE - (sizeof(struct iourd_head) + sizeof(struct chase_params)) % PAGE];
	/* the largest block for each request */
	struct chase_block data[CHASE_REQUESTS][CHASE_BLOCK_MAX / sizeof(struct chase_block)];
};

/* Out of the application's reach, so that no request is in flight twice */
struct chase_private {
	__u64 busy;	/* bit n: request n has a read in flight */
	__u32 active;	/* bits set in busy */
	__u32 armed;	/* a FUTEX_WAIT on the doorbell is in flight */
	__u64 doorbell; /* address of that wait */
	__u32 disarmed; /* stop() has woken it */
};
_Static_assert(__builtin_offsetof(struct chase_region, data) % PAGE == 0, "data is on a page");

#define RETRIES	      4096u /* of one block, then the request fails with EAGAIN */

#define KIND_HOP      1u /* the index is the request's */
#define KIND_DOORBELL 2u

#define TABLE	      __builtin_offsetof(struct chase_region, params.table)
#define DOORBELL      __builtin_offsetof(struct chase_region, head.control.doorbell)

IOURD_PROGRAM(
	chase_params, .name = "chase",
	.summary = "Follows chains of blocks in a file for many threads at once", .version = 1,
	.progress_unit = IOURD_UNIT_BLOCKS, .data_initial = CHASE_REQUESTS * CHASE_BLOCK_MAX,
	.data_maximum = CHASE_REQUESTS * CHASE_BLOCK_MAX,
	.opcodes = {IOURD_OP(READ_FIXED) | IOURD_OP(FUTEX_WAIT) | IOURD_OP(FUTEX_WAKE)},
	.slot_count = 1,
	.slots = {{.name = "file",
		   .flags = IOURD_SLOT_READ,
		   .types = IOURD_TYPE_REGULAR | IOURD_TYPE_BLOCK,
		   .help = "blocks that start with the offset of the next block and a value"}},
	.field_count = 5,
	.fields = {
		{.name = "block_size",
		 .flags = IOURD_FIELD_FIXED,
		 .unit = IOURD_UNIT_BYTES,
		 .minimum = CHASE_BLOCK_MIN,
		 .maximum = CHASE_BLOCK_MAX,
		 .initial = CHASE_BLOCK_MAX,
		 .help = "bytes per hop; offsets are multiples of it"},
		{.name = "active",
		 .flags = IOURD_FIELD_PROGRESS,
		 .unit = IOURD_UNIT_REQUESTS,
		 .help = "requests being followed"},
		{.name = "requests",
		 .flags = IOURD_FIELD_PROGRESS,
		 .unit = IOURD_UNIT_REQUESTS,
		 .help = "requests completed so far"},
		{.name = "hops",
		 .flags = IOURD_FIELD_PROGRESS,
		 .unit = IOURD_UNIT_BLOCKS,
		 .help = "blocks read so far"},
		{.name = "table",
		 .flags = IOURD_FIELD_PROGRESS,
		 .help = "table of requests and their results"},
	});

static __always_inline __u32 block_size(const struct chase_region *region)
{
	__u32 size = iourd_read(region->params.block_size);

	return size - CHASE_BLOCK_MIN > CHASE_BLOCK_MAX - CHASE_BLOCK_MIN ? CHASE_BLOCK_MAX : size;
}

/* Writes the result, then the state, then reads `waiting`; the thread does the reverse. */
static __always_inline void answer(const struct iourd_ring *ring, struct chase_region *region,
				   __u32 index, __s32 error)
{
	struct chase_request *request = &region->params.table[index];

	iourd_write(request->error, error);
	region->params.requests++;
	iourd_exchange(&request->state, CHASE_DONE);
	if (iourd_read(request->waiting))
		iourd_prepare_futex_wake(
			ring, iourd_address(&region->head, TABLE + index * sizeof(*request)),
			iourd_user_data(IOURD_KIND_WAKE, 0));
}

/* Reads the rest of the block at @offset, of which @from bytes have been read. */
static __always_inline void read_block(const struct iourd_ring *ring, struct chase_region *region,
				       __u32 index, __u64 offset, __u32 from, __u32 size)
{
	iourd_prepare_read(ring, &region->head, CHASE_SLOT_FILE, index * CHASE_BLOCK_MAX + from,
			   size - from, offset + from, iourd_user_data(KIND_HOP, index));
}

static __always_inline _Bool in_range(__u64 offset, __u32 size)
{
	return offset % size == 0 && offset <= ~0ull >> 1;
}

/* Starts to follow a posted request, or replies at once. */
static __always_inline void take(const struct iourd_ring *ring, struct chase_region *region,
				 __u32 index, _Bool stopping)
{
	struct chase_private *own = iourd_private(ring, struct chase_private);
	struct chase_request *request = &region->params.table[index];
	__u32 size = block_size(region);
	__u64 start;

	if (iourd_read(request->state) != CHASE_POSTED || own->busy & 1ull << index)
		return;
	/* also the barrier after which the request may be read */
	iourd_exchange(&request->state, CHASE_TAKEN);
	start = iourd_read(request->start);
	iourd_write(request->hops, 0);
	iourd_write(request->offset, start);
	iourd_write(request->value, 0);
	request->filled = 0;
	if (stopping) {
		answer(ring, region, index, ECANCELED);
	} else if (!iourd_read(request->hop_limit)) {
		answer(ring, region, index, EINVAL);
	} else if (!in_range(start, size)) {
		answer(ring, region, index, ERANGE);
	} else {
		own->busy |= 1ull << index;
		own->active++;
		read_block(ring, region, index, start, 0, size);
	}
}

static __noinline int take_all(const struct iourd_ring *ring, struct chase_region *region,
			       _Bool stopping)
{
	__u32 i;

	bpf_for(i, 0, CHASE_REQUESTS)
		take(ring, region, i & (CHASE_REQUESTS - 1), stopping);
	return 0;
}

/* Reads the doorbell before the table: a later post wakes the wait, or makes it fail at once. */
static __always_inline void watch_doorbell(const struct iourd_ring *ring,
					   struct chase_region *region)
{
	struct chase_private *own = iourd_private(ring, struct chase_private);
	__u32 seen = iourd_read(region->head.control.doorbell);

	if (iourd_read(region->head.identity.data_offset) !=
	    __builtin_offsetof(struct chase_region, data)) { /* the page size differs */
		iourd_set_error(&region->head, EINVAL, 0, IORING_OP_NOP, IOURD_SLOTS_MAX);
		return;
	}
	iourd_barrier();
	take_all(ring, region, 0);
	own->armed = 1;
	own->doorbell = iourd_address(&region->head, DOORBELL);
	iourd_prepare_futex_wait(ring, own->doorbell, seen, iourd_user_data(KIND_DOORBELL, 0));
}

static __always_inline void doorbell_rang(const struct iourd_ring *ring,
					  struct chase_region *region, __s32 res)
{
	struct chase_private *own = iourd_private(ring, struct chase_private);

	own->armed = 0;
	/* -EAGAIN: the doorbell was rung before the wait was armed */
	if (res < 0 && res != -EAGAIN && res != -EINTR)
		iourd_set_error(&region->head, -res, 0, IORING_OP_FUTEX_WAIT, IOURD_SLOTS_MAX);
}

enum hop {
	HOP_WHOLE,    /* the block is complete */
	HOP_GOES_ON,  /* the rest of the block was requested */
	HOP_ANSWERED, /* the request has failed */
};

/* Handles a read that did not return a whole block. */
static __noinline int broken_hop(const struct iourd_ring *ring, struct chase_region *region,
				 __u32 index, __s32 res)
{
	struct chase_request *request = &region->params.table[index & (CHASE_REQUESTS - 1)];
	__u32 filled = iourd_read(request->filled), size = block_size(region);

	index &= CHASE_REQUESTS - 1;
	if (res > 0 && filled + res == size) {
		request->filled = 0;
		return HOP_WHOLE;
	}
	if (res > 0 || ((res == -EAGAIN || res == -EINTR) && ++request->retries < RETRIES)) {
		if (res > 0)
			filled += res;
		request->filled = filled;
		read_block(ring, region, index, iourd_read(request->offset), filled, size);
		return HOP_GOES_ON;
	}
	if (res == 0) /* the file ends within the block, or before it */
		res = filled ? -EIO : -ERANGE;
	answer(ring, region, index, -res);
	return HOP_ANSWERED;
}

static __always_inline void hop(const struct iourd_ring *ring, struct chase_region *region,
				__u32 index, __s32 res)
{
	struct chase_private *own = iourd_private(ring, struct chase_private);
	struct chase_request *request = &region->params.table[index];
	const struct chase_block *block = region->data[index];
	__u32 size = block_size(region);
	__u64 next, hops;
	int r;

	if (res != (__s32)size) {
		r = broken_hop(ring, region, index, res);
		if (r == HOP_GOES_ON)
			return;
		if (r == HOP_ANSWERED)
			goto out;
	}
	hops = iourd_read(request->hops) + 1;
	next = iourd_read(block->next);
	iourd_write(request->hops, hops);
	iourd_write(request->value, iourd_read(block->value));
	region->params.hops++;
	if (next == CHASE_END || hops >= iourd_read(request->hop_limit)) {
		answer(ring, region, index, 0);
	} else if (!in_range(next, size)) {
		answer(ring, region, index, ERANGE);
	} else {
		iourd_write(request->offset, next);
		read_block(ring, region, index, next, 0, size);
		return;
	}
out:
	own->busy &= ~(1ull << index);
	own->active--;
}

/* Lets active requests finish, refuses posted ones, and ends the wait on the doorbell. */
static __noinline int stop(const struct iourd_ring *ring, struct chase_region *region)
{
	struct chase_private *own = iourd_private(ring, struct chase_private);
	_Bool failed = iourd_read(region->head.progress.error) != 0;

	take_all(ring, region, 1);
	if (own->armed && !own->disarmed) {
		own->disarmed = 1;
		iourd_prepare_futex_wake(ring, own->doorbell, iourd_user_data(IOURD_KIND_WAKE, 0));
	}
	if (own->armed || own->active)
		return 0;
	iourd_set_state(ring, &region->head, failed ? IOURD_WORK_FAILED : IOURD_WORK_STOPPED);
	/* refuses requests posted before the state was visible; later posters see the state */
	take_all(ring, region, 1);
	return 0;
}

IOURD_STEP(chase_loop, task_ring, wait)
{
	struct chase_region *region = iourd_region(task_ring, struct chase_region);
	const struct io_uring_cqe *cqe;
	struct chase_private *own;
	struct iourd_ring ring;
	__u32 first, i, state;

	if (!region || iourd_open(task_ring, wait, &ring))
		return IOURD_LOOP_BROKEN;
	if (iourd_submit(&ring))
		return iourd_again(&ring);
	own = iourd_private(&ring, struct chase_private);
	state = iourd_read(region->head.progress.state);
	if (state == IOURD_WORK_IDLE)
		iourd_set_state(&ring, &region->head, IOURD_WORK_RUNNING);

	bpf_for(i, 0, IOURD_BATCH) {
		cqe = iourd_cqe_next(&ring, &first);
		if (!cqe)
			break;
		if (iourd_kind(cqe->user_data) == KIND_HOP)
			hop(&ring, region, iourd_index(cqe->user_data) & (CHASE_REQUESTS - 1),
			    cqe->res);
		else if (iourd_kind(cqe->user_data) == KIND_DOORBELL)
			doorbell_rang(&ring, region, cqe->res);
		iourd_cq_release(&ring, first + 1);
	}

	if (iourd_is_final(state)) {
		if (!own->armed && !own->active)
			return iourd_finish(&ring);
		stop(&ring, region);
	} else if (iourd_read(region->head.control.stop) |
		   iourd_read(region->head.progress.error)) {
		stop(&ring, region);
	} else if (!own->armed) {
		watch_doorbell(&ring, region);
	}
	iourd_write(region->head.progress.done, region->params.hops);
	iourd_write(region->head.progress.flight, own->active);
	region->params.active = own->active;
	if (iourd_submit(&ring) || (!own->armed && !own->active))
		return iourd_again(&ring);
	return iourd_wait(&ring);
}

IOURD_LOOP(chase_loop);
