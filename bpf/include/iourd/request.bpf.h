/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iourd/request.bpf.h - a ring's memory, and preparing requests in it; part of iourd/loop.bpf.h
 */
#ifndef IOURD_REQUEST_BPF_H
#define IOURD_REQUEST_BPF_H

#include "iourd/kern.bpf.h"
#include "iourd/abi.h"

/* Constants, so that the verifier sees each index bounded and no step loads them from memory. */
#if !defined(IOURD_SQ_ENTRIES) || !defined(IOURD_CQ_ENTRIES)
#error "define IOURD_SQ_ENTRIES and IOURD_CQ_ENTRIES, powers of two, before iourd/loop.bpf.h"
#endif
_Static_assert((IOURD_SQ_ENTRIES & (IOURD_SQ_ENTRIES - 1)) == 0 && IOURD_SQ_ENTRIES > 1,
	       "IOURD_SQ_ENTRIES is a power of two");
_Static_assert((IOURD_CQ_ENTRIES & (IOURD_CQ_ENTRIES - 1)) == 0 &&
		       IOURD_CQ_ENTRIES >= IOURD_SQ_ENTRIES,
	       "IOURD_CQ_ENTRIES is a power of two, and not less than IOURD_SQ_ENTRIES");

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

/* Writes and returns the old value; ordered as iourd_barrier() does. 32 or 64 bits. */
#define iourd_exchange(pointer, value) __sync_lock_test_and_set((pointer), (value))

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
	struct io_uring_cqe cqes[IOURD_CQ_ENTRIES];
};
_Static_assert(__builtin_offsetof(struct iourd_rings, cqes) == 64, "CQEs start at 64");

/* What a step works with. */
struct iourd_ring {
	struct iou_ctx *ctx;
	struct iou_loop_params *wait;
	struct iourd_rings *rings;
	struct io_uring_sqe *sqes; /* NULL after iourd_open_cq() */
};

/* 0, or -1: the ring is smaller than the descriptor says. For reaping only. */
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

/* The same; for preparing and submitting, too. */
static __always_inline int iourd_open(struct iou_ctx *ctx, struct iou_loop_params *wait,
				      struct iourd_ring *ret)
{
	if (iourd_open_cq(ctx, wait, ret))
		return -1;
	ret->sqes = (void *)bpf_io_uring_get_region(ctx, IOU_REGION_SQ,
						    IOURD_SQ_ENTRIES * sizeof(struct io_uring_sqe));
	return ret->sqes ? 0 : -1;
}

/* The 64 bytes of the ring that are the program's own, zero at first, as a @type. */
#define iourd_private(ring, type)                                                                  \
	({                                                                                         \
		_Static_assert(sizeof(type) <= sizeof(struct io_uring_sqe), "64 bytes");           \
		(type *)&(ring)->sqes[IOURD_SQ_ENTRIES - 1];                                       \
	})

/* ---- user_data: what a completion belongs to ---------------------------------------------- */

/* The kind is the program's own; IOURD_KIND_WAKE is the header's. */
#define IOURD_KIND_WAKE		     0xffffffffu

#define iourd_user_data(kind, index) ((__u64)(kind) << 32 | (__u32)(index))
#define iourd_kind(user_data)	     ((__u32)((user_data) >> 32))
#define iourd_index(user_data)	     ((__u32)(user_data))

/* ---- submissions ------------------------------------------------------------------------ */

/*
 * The next free entry, zeroed but for the flags, or NULL: the SQ is full. Every request says
 * IOSQE_FIXED_FILE, also one without a file: hosts have the ring demand that flag.
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
 * For sqe->addr; @place: bytes from the start of the region. The region's address comes from memory
 * that the application can write: a wrong one is none of its registered buffer's, and the request
 * fails, or it is a futex or a timespec in the memory of the application's own host.
 */
static __always_inline __u64 iourd_address(const struct iourd_head *head, __u64 place)
{
	return iourd_read(head->identity.address) + place;
}

/* @buffer: bytes from the start of the data area. */
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

/* At @offset, also if the file was opened with O_APPEND. */
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

/* @place: bytes from the start of the region, of a struct __kernel_timespec (two __s64). */
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
 * Completes when the word at @address is woken; at once, with -EAGAIN, if it is not @expected. Keep
 * the address if the wait must be ended later: the application may have changed the region's.
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

/* Wakes all who wait on the word at @address. Completes while it is submitted. */
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
