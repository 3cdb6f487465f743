/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iourd/loop.bpf.h - all ring work of a loop program
 *
 * A loop program is one object file: IOURD_PROGRAM says what it is, IOURD_STEP is its step,
 * IOURD_LOOP names the step to the kernel. The kernel calls the step again and again, with the
 * ring's lock held, in the ring's task; a step reaps completions, prepares and submits requests
 * and says which completion to wait for. bpf/README.md tells how to write one.
 *
 * Pointers that the functions below return are good for this call of the step only. All state
 * lives in the param region: a program is loaded once for all rings, so it has no variables of
 * its own. The application can write the region at any time: read a number once, bound it, use it.
 *
 * Rings are made with IORING_SETUP_NO_SQARRAY and IORING_SETUP_SQ_REWIND: each submit takes the
 * first n entries of the SQ, and the kernel does not look at sq.tail. That word counts the
 * entries that are prepared and not yet taken; the application has no mapping of it.
 */
#ifndef IOURD_LOOP_BPF_H
#define IOURD_LOOP_BPF_H

#include "iourd/kern.bpf.h"
#include "iourd/abi.h"

/* ---- what a program is ------------------------------------------------------------------ */

/*
 * IOURD_PROGRAM(params, .name = ..., ...): the descriptor. @params is the name of the parameter
 * struct; the rest are initialisers of struct iourd_descriptor. The second variable brings the
 * struct into the object's BTF, which has only types that something refers to.
 */
#define IOURD_PROGRAM(params, ...)                                                                 \
	const char iourd_license[] SEC("license") = "GPL";                                         \
	const struct params *const iourd_params_type SEC(".iourd.type") = 0;                       \
	const struct iourd_descriptor iourd_descriptor SEC(IOURD_DESCRIPTOR_SECTION) = {           \
		.magic = IOURD_DESCRIPTOR_MAGIC,                                                   \
		.abi_major = IOURD_ABI_MAJOR,                                                      \
		.abi_minor = IOURD_ABI_MINOR,                                                      \
		.size = sizeof(struct iourd_descriptor),                                           \
		.params_type = #params,                                                            \
		.params_size = sizeof(struct params),                                              \
		__VA_ARGS__}

/* A bit of descriptor.opcodes[0]: IOURD_OP(NOP) | IOURD_OP(FUTEX_WAKE) */
#define IOURD_OP(name) (1ull << IORING_OP_##name)

/* IOURD_STEP(name, ring, wait) { ... }: a loop_step function; returns IOU_LOOP_* */
#define IOURD_STEP(name, ring, wait)                                                               \
	SEC("struct_ops.s/loop_step")                                                              \
	int BPF_PROG(name, struct iou_ctx *ring, struct iou_loop_params *wait)

/* The struct_ops map through which a step is loaded. */
#define IOURD_LOOP(step)                                                                           \
	SEC(".struct_ops.link")                                                                    \
	struct io_uring_bpf_ops iourd_loop = {.loop_step = (void *)(step)}

/*
 * A step's answer when the ring is not what the descriptor asked for (no region, or a small one):
 * io_uring_enter then fails with EINVAL, which the host reports.
 */
#define IOURD_LOOP_BROKEN (-1)

/* ---- memory ----------------------------------------------------------------------------- */

/* One read, one write; the compiler neither repeats nor moves them past each other. */
#define iourd_read(lvalue)	   (*(const volatile typeof(lvalue) *)&(lvalue))
#define iourd_write(lvalue, value) (*(volatile typeof(lvalue) *)&(lvalue) = (value))

/*
 * Orders all accesses before it before all after it, for other CPUs too. BPF has no fence: an
 * atomic operation that returns the old value is one.
 */
static __always_inline void iourd_barrier(void)
{
	__u64 word = 0;

	asm volatile("" ::"r"(__sync_fetch_and_add(&word, 1)) : "memory");
}

/* The param region as a @type, which starts with a struct iourd_head; or NULL. */
#define iourd_region(ring, type)                                                                   \
	((type *)bpf_io_uring_get_region((ring), IOU_REGION_MEM, sizeof(type)))

/* The CQ region of a ring with IORING_SETUP_NO_SQARRAY. */
struct iourd_rings {
	__u32 sq_head;
	__u32 sq_tail; /* ours: SQEs prepared and not yet taken */
	__u32 cq_head; /* ours */
	__u32 cq_tail; /* the kernel's */
	__u32 kernel[12];
	struct io_uring_cqe cqes[];
};
_Static_assert(sizeof(struct iourd_rings) == 64, "CQEs start at 64");

/* What a step works with. */
struct iourd_ring {
	struct iou_ctx *ctx;
	struct iou_loop_params *wait;
	struct iourd_rings *rings;
	struct io_uring_sqe *sqes; /* NULL after iourd_open_cq() */
	__u32 sq_entries;	   /* constants of the program, powers of two */
	__u32 cq_entries;
};

/* 0, or -1: the ring is smaller. The entries are the descriptor's, as constants. */
static __always_inline int iourd_open_cq(struct iou_ctx *ctx, struct iou_loop_params *wait,
					 __u32 cq_entries, struct iourd_ring *ret)
{
	void *rings = bpf_io_uring_get_region(ctx, IOU_REGION_CQ,
					      sizeof(struct iourd_rings) +
						      cq_entries * sizeof(struct io_uring_cqe));

	if (!rings)
		return -1;
	*ret = (struct iourd_ring){
		.ctx = ctx, .wait = wait, .rings = rings, .cq_entries = cq_entries};
	return 0;
}

/* Needed before SQEs are prepared or submitted; a step that does neither saves the call. */
static __always_inline int iourd_open_sq(struct iourd_ring *ring, __u32 sq_entries)
{
	ring->sq_entries = sq_entries;
	ring->sqes = (void *)bpf_io_uring_get_region(ring->ctx, IOU_REGION_SQ,
						     sq_entries * sizeof(struct io_uring_sqe));
	return ring->sqes ? 0 : -1;
}

static __always_inline int iourd_open(struct iou_ctx *ctx, struct iou_loop_params *wait,
				      __u32 sq_entries, __u32 cq_entries, struct iourd_ring *ret)
{
	return iourd_open_cq(ctx, wait, cq_entries, ret) ?: iourd_open_sq(ret, sq_entries);
}

/* ---- completions ------------------------------------------------------------------------ */

/* Completions that one step reaps at the most: it bounds the step, which nothing can interrupt. */
#define IOURD_BATCH 64u

/*
 * How many completions there are, IOURD_BATCH at the most; @ret_head: the index of the first.
 *
 *	n = iourd_cq_ready(&ring, &head);
 *	bpf_for(i, 0, n) {
 *		cqe = iourd_cqe(&ring, head + i);
 *		...
 *	}
 *	iourd_cq_release(&ring, head + n);
 *
 * Count first, then loop: the verifier would walk a loop that raises a counter of its own.
 */
static __always_inline __u32 iourd_cq_ready(const struct iourd_ring *ring, __u32 *ret_head)
{
	__u32 head = iourd_read(ring->rings->cq_head);
	/* posted by this very task, so in program order: no acquire is needed */
	__u32 n = iourd_read(ring->rings->cq_tail) - head;

	*ret_head = head;
	return n < IOURD_BATCH ? n : IOURD_BATCH;
}

static __always_inline const struct io_uring_cqe *iourd_cqe(const struct iourd_ring *ring,
							    __u32 index)
{
	return &ring->rings->cqes[index & (ring->cq_entries - 1)];
}

/* Gives the completions before @head back to the kernel: they are not to be read after. */
static __always_inline void iourd_cq_release(const struct iourd_ring *ring, __u32 head)
{
	iourd_write(ring->rings->cq_head, head);
}

/*
 * The next step comes when there is a completion that was not released yet; at once if there is
 * one already. Without this call in a step the last one's stays, and is in the past: no wait.
 */
static __always_inline void iourd_wait(const struct iourd_ring *ring)
{
	ring->wait->cq_wait_idx = ring->rings->cq_head + 1;
}

/* The next step comes at once. */
static __always_inline void iourd_no_wait(const struct iourd_ring *ring)
{
	ring->wait->cq_wait_idx = ring->rings->cq_head;
}

/* ---- user_data: what a completion belongs to ---------------------------------------------- */

/* The kind is the program's own; IOURD_KIND_WAKE is the header's. */
#define IOURD_KIND_WAKE 0xffffffffu

#define iourd_user_data(kind, index) ((__u64)(kind) << 32 | (__u32)(index))
#define iourd_kind(user_data)	     ((__u32)((user_data) >> 32))
#define iourd_index(user_data)	     ((__u32)(user_data))

/* ---- submissions ------------------------------------------------------------------------ */

/* Entries that can still be prepared before the next iourd_submit(). */
static __always_inline __u32 iourd_sq_space(const struct iourd_ring *ring)
{
	__u32 tail = iourd_read(ring->rings->sq_tail);

	return tail < ring->sq_entries ? ring->sq_entries - tail : 0;
}

/*
 * The next free entry, zeroed but for the flags, or NULL: the SQ is full. Every request says
 * IOSQE_FIXED_FILE, also one without a file: hosts have the ring demand that flag.
 */
static __always_inline struct io_uring_sqe *iourd_sqe(const struct iourd_ring *ring, __u8 opcode,
						      __u64 user_data)
{
	__u32 tail = iourd_read(ring->rings->sq_tail);
	struct io_uring_sqe *sqe;

	if (tail >= ring->sq_entries)
		return 0;
	iourd_write(ring->rings->sq_tail, tail + 1);
	sqe = &ring->sqes[tail];
	*sqe = (struct io_uring_sqe){
		.opcode = opcode, .flags = IOSQE_FIXED_FILE, .user_data = user_data};
	return sqe;
}

/*
 * @buffer: bytes from the start of the data area. The address of the region comes from memory that
 * the application can write: a wrong one is outside the registered buffer, so the request fails.
 */
static __always_inline int iourd_prepare_rw(const struct iourd_ring *ring,
					    const struct iourd_head *head, __u8 opcode, __u32 slot,
					    __u64 buffer, __u32 length, __u64 offset,
					    __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, opcode, user_data);

	if (!sqe)
		return -1;
	sqe->fd = slot;
	sqe->off = offset;
	sqe->addr = iourd_read(head->identity.address) + iourd_read(head->identity.data_offset) +
		    buffer;
	sqe->len = length;
	sqe->buf_index = IOURD_BUFFER_DATA;
	return 0;
}

static __always_inline int iourd_prepare_read(const struct iourd_ring *ring,
					      const struct iourd_head *head, __u32 slot,
					      __u64 buffer, __u32 length, __u64 offset,
					      __u64 user_data)
{
	return iourd_prepare_rw(ring, head, IORING_OP_READ_FIXED, slot, buffer, length, offset,
				user_data);
}

static __always_inline int iourd_prepare_write(const struct iourd_ring *ring,
					       const struct iourd_head *head, __u32 slot,
					       __u64 buffer, __u32 length, __u64 offset,
					       __u64 user_data)
{
	return iourd_prepare_rw(ring, head, IORING_OP_WRITE_FIXED, slot, buffer, length, offset,
				user_data);
}

static __always_inline int iourd_prepare_fsync(const struct iourd_ring *ring, __u32 slot,
					       __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_FSYNC, user_data);

	if (!sqe)
		return -1;
	sqe->fd = slot;
	return 0;
}

static __always_inline int iourd_prepare_ftruncate(const struct iourd_ring *ring, __u32 slot,
						   __u64 size, __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_FTRUNCATE, user_data);

	if (!sqe)
		return -1;
	sqe->fd = slot;
	sqe->off = size;
	return 0;
}

/* @place: bytes from the start of the region, of a struct __kernel_timespec (two __s64). */
static __always_inline int iourd_prepare_timeout(const struct iourd_ring *ring,
						 const struct iourd_head *head, __u64 place,
						 __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_TIMEOUT, user_data);

	if (!sqe)
		return -1;
	sqe->addr = iourd_read(head->identity.address) + place;
	sqe->len = 1;
	return 0;
}

/* Completes when the word at @place is woken; at once, with -EAGAIN, if it is not @expected. */
static __always_inline int iourd_prepare_futex_wait(const struct iourd_ring *ring,
						    const struct iourd_head *head, __u64 place,
						    __u32 expected, __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_FUTEX_WAIT, user_data);

	if (!sqe)
		return -1;
	sqe->fd = FUTEX2_SIZE_U32;
	sqe->addr = iourd_read(head->identity.address) + place;
	sqe->off = expected;
	sqe->addr3 = FUTEX_BITSET_MATCH_ANY;
	return 0;
}

/* Wakes all who wait on the word at @place. Completes while it is submitted. */
static __always_inline int iourd_prepare_futex_wake(const struct iourd_ring *ring,
						    const struct iourd_head *head, __u64 place,
						    __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_FUTEX_WAKE, user_data);

	if (!sqe)
		return -1;
	sqe->fd = FUTEX2_SIZE_U32;
	sqe->addr = iourd_read(head->identity.address) + place;
	sqe->off = 0x7fffffff;
	sqe->addr3 = FUTEX_BITSET_MATCH_ANY;
	return 0;
}

/*
 * Submits what is prepared; returns how many entries were *not* taken (normally none). They stay
 * prepared, moved to the front, and the next call tries them again: call it in every step. The
 * kernel stops after an entry that it refuses (that one is taken: its completion says why), and
 * takes none when it is short of memory.
 */
static __always_inline __u32 iourd_submit(const struct iourd_ring *ring)
{
	__u32 n = iourd_read(ring->rings->sq_tail), left, i;
	int taken;

	if (!n)
		return 0;
	if (n > ring->sq_entries)
		n = ring->sq_entries;
	taken = bpf_io_uring_submit_sqes(ring->ctx, n);
	if (taken >= (int)n) {
		iourd_write(ring->rings->sq_tail, 0);
		return 0;
	}
	if (taken < 0)
		taken = 0;
	left = n - taken;
	bpf_for(i, 0, left)
		ring->sqes[i & (ring->sq_entries - 1)] =
			ring->sqes[(i + taken) & (ring->sq_entries - 1)];
	iourd_write(ring->rings->sq_tail, left);
	return left;
}

/* ---- progress --------------------------------------------------------------------------- */

/*
 * Changes progress.state and prepares the wake-up of those who wait for it. None is lost: we
 * change state and word, then look at waiters; they raise waiters, then look at state and word,
 * and sleep on the word only if it still is what they saw.
 */
static __always_inline int iourd_set_state(const struct iourd_ring *ring, struct iourd_head *head,
					   __u32 state)
{
	iourd_barrier(); /* all that the state speaks of is written before it */
	iourd_write(head->progress.state, state);
	iourd_write(head->progress.wake, iourd_read(head->progress.wake) + 1);
	iourd_barrier();
	if (!iourd_read(head->control.waiters))
		return 0;
	return iourd_prepare_futex_wake(ring, head,
					__builtin_offsetof(struct iourd_head, progress.wake),
					iourd_user_data(IOURD_KIND_WAKE, 0));
}

/* The first failure stays. @error: a positive errno. */
static __always_inline void iourd_set_error(struct iourd_head *head, __s32 error, __u64 offset,
					    __u32 opcode, __u32 slot)
{
	if (iourd_read(head->progress.error))
		return;
	iourd_write(head->progress.error_offset, offset);
	iourd_write(head->progress.error_op, opcode);
	iourd_write(head->progress.error_slot, slot);
	iourd_write(head->progress.error, error);
}

static __always_inline _Bool iourd_is_final(__u32 state)
{
	return state != IOURD_WORK_IDLE && state != IOURD_WORK_RUNNING;
}

/*
 * The last steps, once progress.state is final and nothing but wake-ups can be in flight: IOU_LOOP_STOP
 * when all is submitted, and so, as a wake-up completes while it is submitted, completed.
 */
static __always_inline int iourd_finish(const struct iourd_ring *ring)
{
	__u32 left = iourd_submit(ring);

	iourd_cq_release(ring, iourd_read(ring->rings->cq_tail));
	if (!left)
		return IOU_LOOP_STOP;
	iourd_no_wait(ring);
	return IOU_LOOP_CONTINUE;
}

#endif
