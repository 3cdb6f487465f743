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
 * first n entries of the SQ, and the kernel does not look at sq.tail. So that word counts the
 * entries that are prepared and not yet taken, and the last entry, which is never submitted, is 64
 * bytes for the program's own use: iourd_private(). Unlike the region, the application of a hosted
 * ring cannot reach the rings' memory. Like the region, it stays over a swap.
 */
#ifndef IOURD_LOOP_BPF_H
#define IOURD_LOOP_BPF_H

#include "iourd/request.bpf.h"

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
		.sq_entries = IOURD_SQ_ENTRIES,                                                    \
		.cq_entries = IOURD_CQ_ENTRIES,                                                    \
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
	return &ring->rings->cqes[index & (IOURD_CQ_ENTRIES - 1)];
}

/* Gives the completions before @head back to the kernel: they are not to be read after. */
static __always_inline void iourd_cq_release(const struct iourd_ring *ring, __u32 head)
{
	iourd_write(ring->rings->cq_head, head);
}

/* CONTINUE, and the next step comes when there is a completion that was not released yet. */
static __always_inline int iourd_wait(const struct iourd_ring *ring)
{
	ring->wait->cq_wait_idx = ring->rings->cq_head + 1;
	return IOU_LOOP_CONTINUE;
}

/* ---- submitting ------------------------------------------------------------------------- */

/*
 * Submits what is prepared; returns how many entries were *not* taken (normally none). They stay
 * prepared, moved to the front, and the next call tries them again. The kernel stops after an entry
 * that it refuses (that one is taken: its completion says why), and takes none when it is short of
 * memory. A step starts with this, and does nothing else if entries are left, so that what it
 * prepares always finds room:
 *
 *	if (iourd_submit(&ring))
 *		return iourd_again(&ring);
 */
static __always_inline __u32 iourd_submit(const struct iourd_ring *ring)
{
	__u32 n = iourd_read(ring->rings->sq_tail), left, i;
	int taken;

	if (!n)
		return 0;
	if (n > IOURD_SQ_ENTRIES - 1)
		n = IOURD_SQ_ENTRIES - 1;
	taken = bpf_io_uring_submit_sqes(ring->ctx, n);
	if (taken >= (int)n) {
		iourd_write(ring->rings->sq_tail, 0);
		return 0;
	}
	if (taken < 0)
		taken = 0;
	left = n - taken;
	bpf_for(i, 0, left)
		ring->sqes[i & (IOURD_SQ_ENTRIES - 1)] =
			ring->sqes[(i + taken) & (IOURD_SQ_ENTRIES - 1)];
	iourd_write(ring->rings->sq_tail, left);
	return left;
}

/*
 * The next completion, or NULL: one at a time, to be released by iourd_cq_release(ring, head + 1)
 * before the next is asked for. If there is none, what is prepared is submitted first: much of it
 * completes on the spot (what is in the page cache is), and needs no step of its own.
 *
 *	bpf_for(i, 0, IOURD_BATCH) {
 *		cqe = iourd_cqe_next(&ring, &head);
 *		if (!cqe)
 *			break;
 *		...
 *		iourd_cq_release(&ring, head + 1);
 *	}
 */
static __always_inline const struct io_uring_cqe *iourd_cqe_next(const struct iourd_ring *ring,
								 __u32 *ret_head)
{
	__u32 head = iourd_read(ring->rings->cq_head);

	if (head == iourd_read(ring->rings->cq_tail)) {
		if (!iourd_read(ring->rings->sq_tail) || iourd_submit(ring))
			return 0;
		if (head == iourd_read(ring->rings->cq_tail))
			return 0;
	}
	*ret_head = head;
	return iourd_cqe(ring, head);
}

/* CONTINUE, and the next step comes at once: nothing that a completion would tell is waited for. */
static __always_inline int iourd_again(const struct iourd_ring *ring)
{
	ring->wait->cq_wait_idx = ring->rings->cq_head;
	return IOU_LOOP_CONTINUE;
}

/* ---- progress --------------------------------------------------------------------------- */

/*
 * Tells those who wait that the progress line changed. No wake-up is lost: we change line and word,
 * then look at waiters; they raise waiters, then look at line and word, and sleep on the word only
 * if it still is what they saw.
 */
static __always_inline void iourd_wake(const struct iourd_ring *ring, struct iourd_head *head)
{
	iourd_write(head->progress.wake, iourd_read(head->progress.wake) + 1);
	iourd_barrier();
	if (iourd_read(head->control.waiters))
		iourd_prepare_futex_wake(
			ring,
			iourd_address(head, __builtin_offsetof(struct iourd_head, progress.wake)),
			iourd_user_data(IOURD_KIND_WAKE, 0));
}

/* Changes progress.state, after all that the state speaks of. */
static __always_inline void iourd_set_state(const struct iourd_ring *ring, struct iourd_head *head,
					    __u32 state)
{
	iourd_barrier();
	iourd_write(head->progress.state, state);
	iourd_wake(ring, head);
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
 * The last steps, once progress.state is final and nothing but wake-ups is in flight. STOP when all
 * is submitted and so, as a wake-up completes while it is submitted, completed.
 */
static __always_inline int iourd_finish(const struct iourd_ring *ring)
{
	__u32 left = iourd_submit(ring);

	iourd_cq_release(ring, iourd_read(ring->rings->cq_tail));
	return left ? iourd_again(ring) : IOU_LOOP_STOP;
}

#endif
