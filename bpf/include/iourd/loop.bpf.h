/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iourd/loop.bpf.h - the ring operations of a loop program
 *
 * A loop program is one object file with a descriptor (IOURD_PROGRAM), a step (IOURD_STEP) and the
 * struct_ops map that names the step to the kernel (IOURD_LOOP). The kernel calls the step
 * repeatedly in the ring's task, with the ring's lock held. A step reaps completions, prepares and
 * submits requests, and selects the completion to wait for. See bpf/README.md and iourd(7).
 *
 * Pointers returned by the functions below are valid during the current step only. Keep all state
 * in the param region: a program is loaded once for all rings and has no variables of its own. The
 * application can write the region at any time: read a number once, bound it, use it.
 *
 * Rings have IORING_SETUP_NO_SQARRAY and IORING_SETUP_SQ_REWIND: each submit takes the first n
 * entries of the SQ, and the kernel ignores sq.tail. This header therefore uses that word to count
 * the entries that are prepared and not yet taken, and the last entry, which is never submitted, as
 * 64 bytes for the program: iourd_private(). The application of a hosted ring cannot access the
 * ring's memory. Like the region, it survives a swap.
 */
#ifndef IOURD_LOOP_BPF_H
#define IOURD_LOOP_BPF_H

#include "iourd/request.bpf.h"

/* ---- declaring a program ---------------------------------------------------------------- */

/*
 * IOURD_PROGRAM(params, .name = ..., ...) defines the descriptor. @params is the name of the
 * parameter struct; the rest are initialisers of struct iourd_descriptor. iourd_params_type brings
 * the struct into the object's BTF, which contains only types that are referenced.
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

/* A bit in descriptor.opcodes[0], as in IOURD_OP(NOP) | IOURD_OP(FUTEX_WAKE) */
#define IOURD_OP(name) (1ull << IORING_OP_##name)

/* IOURD_STEP(name, ring, wait) { ... } defines a loop_step function, which returns IOU_LOOP_*. */
#define IOURD_STEP(name, ring, wait)                                                               \
	SEC("struct_ops.s/loop_step")                                                              \
	int BPF_PROG(name, struct iou_ctx *ring, struct iou_loop_params *wait)

/* Defines the struct_ops map through which a step is loaded. */
#define IOURD_LOOP(step)                                                                           \
	SEC(".struct_ops.link")                                                                    \
	struct io_uring_bpf_ops iourd_loop = {.loop_step = (void *)(step)}

/*
 * Return this from a step if the ring does not match the descriptor (no region, or one too small).
 * io_uring_enter then fails with EINVAL, which the host reports.
 */
#define IOURD_LOOP_BROKEN (-1)

/* ---- completions ------------------------------------------------------------------------ */

/* Maximum number of completions per step. It bounds the step, which cannot be interrupted. */
#define IOURD_BATCH 64u

/*
 * Returns the number of pending completions, at most IOURD_BATCH, and in *ret_head the index of the
 * first.
 *
 *	n = iourd_cq_ready(&ring, &head);
 *	bpf_for(i, 0, n) {
 *		cqe = iourd_cqe(&ring, head + i);
 *		...
 *	}
 *	iourd_cq_release(&ring, head + n);
 *
 * Count first, then loop: the verifier would walk every round of a loop that counts by itself.
 */
static __always_inline __u32 iourd_cq_ready(const struct iourd_ring *ring, __u32 *ret_head)
{
	__u32 head = iourd_read(ring->rings->cq_head);
	/* posted by this task, so in program order: no acquire is needed */
	__u32 n = iourd_read(ring->rings->cq_tail) - head;

	*ret_head = head;
	return n < IOURD_BATCH ? n : IOURD_BATCH;
}

static __always_inline const struct io_uring_cqe *iourd_cqe(const struct iourd_ring *ring,
							    __u32 index)
{
	return &ring->rings->cqes[index & (IOURD_CQ_ENTRIES - 1)];
}

/* Returns the completions before @head to the kernel. Do not read them afterwards. */
static __always_inline void iourd_cq_release(const struct iourd_ring *ring, __u32 head)
{
	iourd_write(ring->rings->cq_head, head);
}

/* Continue; the next step runs when a completion is pending that was not released. */
static __always_inline int iourd_wait(const struct iourd_ring *ring)
{
	ring->wait->cq_wait_idx = ring->rings->cq_head + 1;
	return IOU_LOOP_CONTINUE;
}

/* ---- submitting ------------------------------------------------------------------------- */

/*
 * Submits the prepared entries. Returns the number of entries that were *not* taken, normally 0.
 * These are moved to the front and remain prepared; the next call submits them again. The kernel
 * stops after an entry that it refuses (which is taken, and gets a completion with the error), and
 * takes none when it is short of memory. Call this first in each step, and do nothing else if
 * entries are left, so that the SQ always has room for what a step prepares:
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
 * Returns the next completion, or NULL. Release it with iourd_cq_release(ring, head + 1) before the
 * next call. If none is pending, the function first submits the prepared entries: many requests
 * complete at once, such as reads from the page cache, and then need no step of their own.
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

/* Continue; the next step runs at once, without waiting for a completion. */
static __always_inline int iourd_again(const struct iourd_ring *ring)
{
	ring->wait->cq_wait_idx = ring->rings->cq_head;
	return IOU_LOOP_CONTINUE;
}

/* ---- progress --------------------------------------------------------------------------- */

/*
 * Notifies waiters of a change of the progress line. No wake-up is lost: the program changes line
 * and word, then reads waiters. A waiter increments waiters, then reads word and line, and sleeps
 * only while the word has the value that it read.
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

/* Changes progress.state, after everything written before. */
static __always_inline void iourd_set_state(const struct iourd_ring *ring, struct iourd_head *head,
					    __u32 state)
{
	iourd_barrier();
	iourd_write(head->progress.state, state);
	iourd_wake(ring, head);
}

/* Records the first failure; later ones are ignored. @error is a positive errno. */
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
 * For the last steps, when progress.state is final and only wake-ups are in flight. Returns STOP
 * when all entries are submitted; wake-ups complete while they are submitted.
 */
static __always_inline int iourd_finish(const struct iourd_ring *ring)
{
	__u32 left = iourd_submit(ring);

	iourd_cq_release(ring, iourd_read(ring->rings->cq_tail));
	return left ? iourd_again(ring) : IOU_LOOP_STOP;
}

#endif
