/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iourd/abi.h - the ABI shared by loop programs, applications, hosts and the daemon
 *
 * This header alone defines two things:
 *
 *  - the head of a *param region*, the memory that a loop program and its application share;
 *  - the *descriptor* of a loop program, in the section IOURD_DESCRIPTOR_SECTION of its object
 *    file.
 *
 * Rules: Shared structs have fixed-width types, and no pointers, enums, bools, bit-fields or longs.
 * Each 64-byte line of the region's head has exactly one writer; readers use acquire. The
 * application can write to all of the region, so readers bound every index and never read a length
 * twice. A newer minor version only gives meaning to reserved fields. Refuse another major version.
 */
#ifndef IOURD_ABI_H
#define IOURD_ABI_H

#ifdef __bpf__
#include "iourd/kern.bpf.h"
#else
#include <linux/types.h>
#endif

#ifdef __cplusplus
#define IOURD_STATIC_ASSERT(expr, text) static_assert(expr, text)
#else
#define IOURD_STATIC_ASSERT(expr, text) _Static_assert(expr, text)
#endif

/* For parameter structs: one byte, 0 or 1. C's _Bool and C++'s bool agree on supported machines. */
#ifdef __cplusplus
typedef bool iourd_bool;
#else
typedef _Bool iourd_bool;
#endif

#define IOURD_ABI_MAJOR 1
#define IOURD_ABI_MINOR 0

#define IOURD_LINE	64u /* bytes with one writer */

/* ---- the param region ------------------------------------------------------------------- */

#define IOURD_REGION_MAGIC 0x44525549u /* "IURD", little endian */
#define IOURD_SLOTS_MAX	   8u

/* head.life.state: the state of the ring, by the daemon */
#define IOURD_RING_CREATED 0u /* not started yet */
#define IOURD_RING_RUNNING 1u
#define IOURD_RING_PAUSED  2u
#define IOURD_RING_STOPPED 3u /* the program has finished; see progress.state */
#define IOURD_RING_FAILED  4u /* it could not be enabled, or lost its dispatcher; see life.error */
#define IOURD_RING_ENDED   5u /* destroyed, or its host died; the data area is then emptied */

/* head.progress.state: the state of the work, by the program */
#define IOURD_WORK_IDLE	   0u
#define IOURD_WORK_RUNNING 1u
#define IOURD_WORK_DONE	   2u
#define IOURD_WORK_STOPPED 3u /* stopped at the request of control.stop */
#define IOURD_WORK_FAILED  4u /* see progress.error and progress.error_offset */

/* Written by the daemon before others map the region; address of an adopted ring, before it runs */
struct iourd_identity {
	__u32 magic; /* IOURD_REGION_MAGIC */
	__u16 abi_major;
	__u16 abi_minor;
	__u64 region_size;   /* bytes, a multiple of the page size */
	__u32 params_offset; /* bytes from the start of the region: sizeof(struct iourd_head) */
	__u32 params_size;   /* bytes */
	__u64 data_offset;   /* bytes from the start of the region, a multiple of the page size */
	__u64 data_size;     /* bytes; may be 0 */
	__u64 address;	     /* of the region in the task that runs the ring, for sqe->addr */
	__u32 slot_count;
	__u32 reserved;
} __attribute__((aligned(64)));

/* Written by the daemon while the ring exists */
struct iourd_life {
	__u64 generation; /* 1 when created, +1 with each swap */
	__u64 program_id; /* the first 8 bytes of the program object's SHA-256, little endian */
	__u32 state;	  /* IOURD_RING_* */
	__s32 error;	  /* positive errno, or 0 */
	__u32 event;	  /* futex word: +1 and woken after each change of this line */
	__u32 reserved[9];
} __attribute__((aligned(64)));

/* A slot's file when the ring was created; its size may have changed since */
struct iourd_slot {
	__u64 size;  /* bytes of a regular file, else 0 */
	__u32 type;  /* st_mode & S_IFMT; 0: the slot is empty */
	__u32 flags; /* IOURD_SLOT_FILE_* */
};
#define IOURD_SLOT_FILE_SPARSE (1u << 0) /* it has fewer blocks than its size needs */

/* Written by the application */
struct iourd_control {
	__u32 stop;	/* not 0: finish the requests in flight and stop */
	__u32 doorbell; /* futex word: +1, then FUTEX_WAKE, to notify the program of a change */
	__u32 waiters;	/* threads of the application that sleep on progress.wake or on a request */
	__u32 reserved[13];
} __attribute__((aligned(64)));

#define IOURD_NO_OFFSET (~0ull) /* progress.error_offset */

/*
 * Written by the loop program, except yields. When the daemon puts back an earlier program while
 * the loop is stopped, it resets a state of FAILED to RUNNING, and error to 0.
 */
struct iourd_progress {
	__u32 state;	    /* IOURD_WORK_* */
	__s32 error;	    /* positive errno of the first failure, or 0 */
	__u64 done;	    /* in the descriptor's progress_unit */
	__u64 total;	    /* in the same unit; 0: unknown */
	__u64 error_offset; /* bytes; IOURD_NO_OFFSET: the error concerns the file as a whole */
	__u32 wake;	/* futex word: +1 and woken when state changes, optionally when done does */
	__u32 error_op; /* IORING_OP_* that failed */
	__u32 error_slot; /* file slot of that request, or IOURD_SLOTS_MAX */
	__u32 flight;	  /* requests in flight after the last step */
	__u32 yields; /* by the kernel's side, in the same task: +1 when it ends the loop to yield
		       */
	__u32 reserved;
	/*
	 * Done from the start without a gap, in the same unit, whatever is done or in flight
	 * behind; 0: nothing is known, also after an error that leaves it unknown what was stored
	 */
	__u64 contiguous;
} __attribute__((aligned(64)));

struct iourd_head {
	struct iourd_identity identity;
	struct iourd_life life;
	struct iourd_slot slots[IOURD_SLOTS_MAX];
	struct iourd_control control;
	struct iourd_progress progress;
};

IOURD_STATIC_ASSERT(sizeof(struct iourd_identity) == 64, "identity is one line");
IOURD_STATIC_ASSERT(sizeof(struct iourd_life) == 64, "life is one line");
IOURD_STATIC_ASSERT(sizeof(struct iourd_control) == 64, "control is one line");
IOURD_STATIC_ASSERT(sizeof(struct iourd_progress) == 64, "progress is one line");
IOURD_STATIC_ASSERT(sizeof(struct iourd_head) == 384, "the head is six lines");

/* Index of the data area among the ring's registered buffers, if data_size is not 0 */
#define IOURD_BUFFER_DATA 0u

/* ---- the descriptor --------------------------------------------------------------------- */

#define IOURD_DESCRIPTOR_SECTION ".iourd"
#define IOURD_DESCRIPTOR_MAGIC	 0x44445549u /* "IUDD", little endian */

#define IOURD_NAME_MAX		 32u /* bytes with the NUL, as for all strings here */
#define IOURD_SUMMARY_MAX	 128u
#define IOURD_TYPE_MAX		 48u
#define IOURD_SLOT_NAME_MAX	 16u
#define IOURD_HELP_MAX		 128u
#define IOURD_PATH_MAX		 48u
#define IOURD_FIELDS_MAX	 32u
#define IOURD_OPCODES_MAX	 128u

#define IOURD_ENTRIES_MAX	 4096u	      /* in a submission or completion queue */
#define IOURD_DATA_MAX		 (1ull << 30) /* bytes in a data area */
#define IOURD_PARAMS_MAX	 (64u << 10)  /* bytes in a parameter struct */

/* Units of fields, and of progress.done and progress.total */
#define IOURD_UNIT_NONE		    0u
#define IOURD_UNIT_BYTES	    1u
#define IOURD_UNIT_OPERATIONS	    2u
#define IOURD_UNIT_BYTES_PER_SECOND 3u
#define IOURD_UNIT_NANOSECONDS	    4u
#define IOURD_UNIT_REQUESTS	    5u
#define IOURD_UNIT_BLOCKS	    6u

#define IOURD_SLOT_READ		    (1u << 0) /* the file must be open for reading */
#define IOURD_SLOT_WRITE	    (1u << 1) /* the file must be open for writing */
#define IOURD_SLOT_OPTIONAL	    (1u << 2)
#define IOURD_SLOT_DISTINCT	    (1u << 3) /* no other DISTINCT slot has that file */

#define IOURD_TYPE_REGULAR	    (1u << 0)
#define IOURD_TYPE_BLOCK	    (1u << 1)
#define IOURD_TYPE_SOCKET	    (1u << 2)
#define IOURD_TYPE_PIPE		    (1u << 3)
#define IOURD_TYPE_CHAR		    (1u << 4)

struct iourd_slot_descriptor {
	char name[IOURD_SLOT_NAME_MAX]; /* [a-z][a-z0-9_]* */
	__u32 flags;			/* IOURD_SLOT_* */
	__u32 types;			/* IOURD_TYPE_* of the files that it accepts */
	char help[IOURD_HELP_MAX];
};

#define IOURD_FIELD_PROGRESS (1u << 0) /* written by the program, read-only for others */
#define IOURD_FIELD_FIXED    (1u << 1) /* can be set only before the ring is started */

struct iourd_field_descriptor {
	char name[IOURD_PATH_MAX]; /* of a member of the parameter struct */
	__u32 flags;		   /* IOURD_FIELD_* */
	__u32 unit;		   /* IOURD_UNIT_* */
	__s64 minimum;		   /* inclusive; minimum and maximum 0: the type's range */
	__s64 maximum;
	__s64 initial;
	char help[IOURD_HELP_MAX];
};

/*
 * Members of the parameter struct that no field descriptor names are private to the program. They
 * are part of the layout, which a swap compares, but are neither shown nor settable.
 */
struct iourd_descriptor {
	__u32 magic; /* IOURD_DESCRIPTOR_MAGIC */
	__u16 abi_major;
	__u16 abi_minor;
	__u32 size; /* sizeof(struct iourd_descriptor) */
	__u32 version;
	char name[IOURD_NAME_MAX]; /* [a-z][a-z0-9-]* */
	char summary[IOURD_SUMMARY_MAX];
	char params_type[IOURD_TYPE_MAX]; /* name of a struct in the object's BTF */
	__u32 params_size;		  /* its size in bytes */
	__u32 sq_entries;		  /* both are powers of two */
	__u32 cq_entries;
	__u32 progress_unit; /* IOURD_UNIT_* */
	__u64 data_initial;  /* bytes, if the client gives none and data_fields is empty */
	__u64 data_maximum;  /* bytes */
	char data_fields[2][IOURD_NAME_MAX];   /* the data area holds the product of these fields */
	__u64 opcodes[IOURD_OPCODES_MAX / 64]; /* bit n: the program uses IORING_OP n */
	__u32 slot_count;
	__u32 field_count;
	struct iourd_slot_descriptor slots[IOURD_SLOTS_MAX];
	struct iourd_field_descriptor fields[IOURD_FIELDS_MAX];
};

#endif
