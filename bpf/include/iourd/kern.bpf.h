/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iourd/kern.bpf.h - kernel types, constants and functions for loop programs
 *
 * They are declared by hand, so that programs need no dump of a kernel's BTF. Linux 7.1 passes a
 * struct io_ring_ctx * to loop_step, 7.2 and later an opaque struct iou_ctx *. One object runs on
 * both without relocation: the verifier takes the argument types of a struct_ops program from the
 * running kernel, not from the object, and libbpf compares the prototypes of kfuncs by shape
 * (pointer to struct, integer, ...), not by the names of structs. For that struct iou_ctx must be a
 * complete struct here, if an empty one; a forward declaration is another kind of type. (Tested on
 * 7.2, 7.3 and the patched 6.12. The 7.1 side follows from the sources of libbpf 1.5 and Linux.)
 */
#ifndef IOURD_KERN_BPF_H
#define IOURD_KERN_BPF_H

#ifndef __bpf__
#error "iourd/kern.bpf.h is for BPF programs: compile with clang -target bpf"
#endif

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

/* used by bpf_helper_defs.h */
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

/* ---- BPF ---- */

#define BPF_MAP_TYPE_ARRAY	2
#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_F_MMAPABLE		(1u << 10)

struct bpf_iter_num {
	__u64 opaque;
} __attribute__((aligned(8)));

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* ---- the loop of a ring ---- */

/* A ring as its program sees it: opaque, see above */
struct iou_ctx {
};

struct iou_loop_params {
	__u32 cq_wait_idx; /* CQ index to wait for before the next step; a hint */
};

struct io_uring_bpf_ops {
	int (*loop_step)(struct iou_ctx *ring, struct iou_loop_params *wait);
	__u32 ring_fd;
	void *priv;
};

#define IOU_LOOP_CONTINUE 0
#define IOU_LOOP_STOP	  1

#define IOU_REGION_MEM	  0 /* the param region */
#define IOU_REGION_CQ	  1 /* ring heads and CQEs */
#define IOU_REGION_SQ	  2 /* SQEs */

/* Submits the first @nr entries of the SQ. Returns the number taken, or -errno. */
extern int bpf_io_uring_submit_sqes(struct iou_ctx *ring, __u32 nr) __weak __ksym;
/* Returns NULL if the region is smaller than @rdwr_buf_size, which must be a constant. */
extern __u8 *bpf_io_uring_get_region(struct iou_ctx *ring, __u32 region_id,
				     const __u64 rdwr_buf_size) __weak __ksym;

/* ---- io_uring ---- */

struct io_uring_sqe {
	__u8 opcode;
	__u8 flags; /* IOSQE_* */
	__u16 ioprio;
	__s32 fd;  /* FUTEX_WAIT and FUTEX_WAKE: FUTEX2_* */
	__u64 off; /* FUTEX_WAIT: expected value; FUTEX_WAKE: number of waiters to wake */
	__u64 addr;
	__u32 len;
	__u32 op_flags; /* rw_flags, fsync_flags, timeout_flags, futex_flags, ... */
	__u64 user_data;
	__u16 buf_index;
	__u16 personality;
	__u32 file_index;
	__u64 addr3; /* FUTEX_WAIT and FUTEX_WAKE: mask */
	__u64 pad;
};

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

_Static_assert(sizeof(struct io_uring_sqe) == 64, "size of the kernel's SQE");
_Static_assert(sizeof(struct io_uring_cqe) == 16, "size of the kernel's CQE");

#define IOSQE_FIXED_FILE       (1u << 0)

#define IORING_OP_NOP	       0
#define IORING_OP_FSYNC	       3
#define IORING_OP_READ_FIXED   4
#define IORING_OP_WRITE_FIXED  5
#define IORING_OP_TIMEOUT      11
#define IORING_OP_FUTEX_WAIT   51
#define IORING_OP_FUTEX_WAKE   52
#define IORING_OP_FTRUNCATE    55

#define RWF_NOAPPEND	       0x20
#define FUTEX2_SIZE_U32	       2
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

#define S_IFREG		       0100000 /* iourd_slot.type of a regular file */

/* ---- errno ---- */

#define EINTR	  4
#define EIO	  5
#define EAGAIN	  11
#define ENOMEM	  12
#define EINVAL	  22
#define ERANGE	  34
#define ETIME	  62
#define ENOBUFS	  105
#define ECANCELED 125

#endif
