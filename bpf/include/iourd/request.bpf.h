/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iourd/request.bpf.h - ring memory and preparation of requests; part of iourd/loop.bpf.h
 */
#ifndef IOURD_REQUEST_BPF_H
#define IOURD_REQUEST_BPF_H

#include "iourd/kern.bpf.h"
#include "iourd/abi.h"

/* Constants, so that the verifier sees that each index is bounded, and steps need not load them. */
#if !defined(IOURD_SQ_ENTRIES) || !defined(IOURD_CQ_ENTRIES)
#error "define IOURD_SQ_ENTRIES and IOURD_CQ_ENTRIES, powers of two, before iourd/loop.bpf.h"
#endif
_Static_assert((IOURD_SQ_ENTRIES & (IOURD_SQ_ENTRIES - 1)) == 0 && IOURD_SQ_ENTRIES > 1,
	       "IOURD_SQ_ENTRIES is a power of two");
_Static_assert((IOURD_CQ_ENTRIES & (IOURD_CQ_ENTRIES - 1)) == 0 &&
		       IOURD_CQ_ENTRIES >= IOURD_SQ_ENTRIES,
	       "IOURD_CQ_ENTRIES is a power of two, and not less than IOURD_SQ_ENTRIES");

/* ---- memory ----------------------------------------------------------------------------- */

/* One read, one write, which the compiler neither repeats nor reorders with each other */
#define iourd_read(lvalue)	   (*(const volatile typeof(lvalue) *)&(lvalue))
#define iourd_write(lvalue, value) (*(volatile typeof(lvalue) *)&(lvalue) = (value))

/*
 * Full memory barrier. BPF has no fence instruction; an atomic operation that returns the old value
 * acts as one.
 */
static __always_inline void iourd_barrier(void)
{
	__u64 word = 0;

	asm volatile("" ::"r"(__sync_fetch_and_add(&word, 1)) : "memory");
}

/* Writes 32 or 64 bits and returns the old value; a full memory barrier */
#define iourd_exchange(pointer, value) __sync_lock_test_and_set((pointer), (value))

/* The param region as a @type, which starts with a struct iourd_head, or NULL */
#define iourd_region(ring, type)                                                                   \
	((type *)bpf_io_uring_get_region((ring), IOU_REGION_MEM, sizeof(type)))

/* The CQ region of a ring with IORING_SETUP_NO_SQARRAY */
struct iourd_rings {
	__u32 sq_head;
	__u32 sq_tail; /* written here: SQEs prepared and not yet taken */
	__u32 cq_head; /* written here */
	__u32 cq_tail; /* written by the kernel */
	__u32 kernel[12];
	struct io_uring_cqe cqes[IOURD_CQ_ENTRIES];
};
_Static_assert(__builtin_offsetof(struct iourd_rings, cqes) == 64, "CQEs start at 64");

/* The ring during one step */
struct iourd_ring {
	struct iou_ctx *ctx;
	struct iou_loop_params *wait;
	struct iourd_rings *rings;
	struct io_uring_sqe *sqes; /* NULL after iourd_open_cq() */
};

/* For reaping only. Returns 0, or -1 if the ring is smaller than the descriptor requires. */
static __always_inline int iourd_open_cq(struct iou_ctx *ctx, struct iou_loop_params *wait,
					 struct iourd_ring *ret)
{
	ret->ctx = ctx;
	ret->wait = wait;
	ret->sqes = 0;
	ret->rings =
		(void *)bpf_io_uring_get_region(ctx, IOU_REGION_CQ, sizeof(struct iourd_rings));
	return ret->rings ? 0 : -1;
}

/* Same, for preparing and submitting as well */
static __always_inline int iourd_open(struct iou_ctx *ctx, struct iou_loop_params *wait,
				      struct iourd_ring *ret)
{
	if (iourd_open_cq(ctx, wait, ret))
		return -1;
	ret->sqes = (void *)bpf_io_uring_get_region(ctx, IOU_REGION_SQ,
						    IOURD_SQ_ENTRIES * sizeof(struct io_uring_sqe));
	return ret->sqes ? 0 : -1;
}

/* The program's private 64 bytes, initially zero, as a @type */
#define iourd_private(ring, type)                                                                  \
	({                                                                                         \
		_Static_assert(sizeof(type) <= sizeof(struct io_uring_sqe), "64 bytes");           \
		(type *)&(ring)->sqes[IOURD_SQ_ENTRIES - 1];                                       \
	})

/* ---- user_data ---------------------------------------------------------------------------- */

/* The program defines the kinds, except IOURD_KIND_WAKE. */
#define IOURD_KIND_WAKE		     0xffffffffu

#define iourd_user_data(kind, index) ((__u64)(kind) << 32 | (__u32)(index))
#define iourd_kind(user_data)	     ((__u32)((user_data) >> 32))
#define iourd_index(user_data)	     ((__u32)(user_data))

/* ---- submissions ------------------------------------------------------------------------ */

/*
 * Returns the next free entry, zeroed except for its flags, or NULL if the SQ is full. Every
 * request has IOSQE_FIXED_FILE, even without a file: hosted rings require this flag.
 */
static __always_inline struct io_uring_sqe *iourd_sqe(const struct iourd_ring *ring, __u8 opcode,
						      __u64 user_data)
{
	__u32 tail = iourd_read(ring->rings->sq_tail);
	struct io_uring_sqe *sqe;

	if (tail >= IOURD_SQ_ENTRIES - 1)
		return 0;
	iourd_write(ring->rings->sq_tail, tail + 1);
	sqe = &ring->sqes[tail];
	*sqe = (struct io_uring_sqe){
		.opcode = opcode, .flags = IOSQE_FIXED_FILE, .user_data = user_data};
	return sqe;
}

/*
 * Address for sqe->addr. @place is in bytes from the start of the region. The application can forge
 * the region's address. A forged one is outside the registered buffer, so that the request fails,
 * or it is that of a futex or timespec in the memory of the application's own host.
 */
static __always_inline __u64 iourd_address(const struct iourd_head *head, __u64 place)
{
	return iourd_read(head->identity.address) + place;
}

/* @buffer is in bytes from the start of the data area. */
static __always_inline int iourd_prepare_read(const struct iourd_ring *ring,
					      const struct iourd_head *head, __u32 slot,
					      __u64 buffer, __u32 length, __u64 offset,
					      __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_READ_FIXED, user_data);

	if (!sqe)
		return -1;
	sqe->fd = slot;
	sqe->off = offset;
	sqe->addr = iourd_address(head, iourd_read(head->identity.data_offset) + buffer);
	sqe->len = length;
	sqe->buf_index = IOURD_BUFFER_DATA;
	return 0;
}

/* Writes at @offset even if the file has O_APPEND set. */
static __always_inline int iourd_prepare_write(const struct iourd_ring *ring,
					       const struct iourd_head *head, __u32 slot,
					       __u64 buffer, __u32 length, __u64 offset,
					       __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_WRITE_FIXED, user_data);

	if (!sqe)
		return -1;
	sqe->fd = slot;
	sqe->off = offset;
	sqe->addr = iourd_address(head, iourd_read(head->identity.data_offset) + buffer);
	sqe->len = length;
	sqe->op_flags = RWF_NOAPPEND;
	sqe->buf_index = IOURD_BUFFER_DATA;
	return 0;
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

/* @place of a struct __kernel_timespec (two __s64), in bytes from the start of the region */
static __always_inline int iourd_prepare_timeout(const struct iourd_ring *ring,
						 const struct iourd_head *head, __u64 place,
						 __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_TIMEOUT, user_data);

	if (!sqe)
		return -1;
	sqe->addr = iourd_address(head, place);
	sqe->len = 1;
	return 0;
}

/*
 * Completes when the word at @address is woken, or at once with -EAGAIN if it is not @expected.
 * Keep the address to end the wait later: the application may change the region's address.
 */
static __always_inline int iourd_prepare_futex_wait(const struct iourd_ring *ring, __u64 address,
						    __u32 expected, __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_FUTEX_WAIT, user_data);

	if (!sqe)
		return -1;
	sqe->fd = FUTEX2_SIZE_U32;
	sqe->addr = address;
	sqe->off = expected;
	sqe->addr3 = FUTEX_BITSET_MATCH_ANY;
	return 0;
}

/* Wakes all waiters on the word at @address. Completes while it is submitted. */
static __always_inline int iourd_prepare_futex_wake(const struct iourd_ring *ring, __u64 address,
						    __u64 user_data)
{
	struct io_uring_sqe *sqe = iourd_sqe(ring, IORING_OP_FUTEX_WAKE, user_data);

	if (!sqe)
		return -1;
	sqe->fd = FUTEX2_SIZE_U32;
	sqe->addr = address;
	sqe->off = 0x7fffffff;
	sqe->addr3 = FUTEX_BITSET_MATCH_ANY;
	return 0;
}

#endif
