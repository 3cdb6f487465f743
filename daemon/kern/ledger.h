/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ledger.h - the record of a ring, by which the next daemon takes it over
 *
 * The ledger lies in pinned memory of the kernel, behind struct iourd_dispatch in the value of the
 * ring's "state" map, which only root can open. It lives as long as the ring's kernel objects, and
 * keeps every store even if the daemon is killed right after it.
 *
 * One daemon at a time writes. It may die after any store, so each change leaves either the old or
 * the new state to a reader. `committed` is stored last when a ring is created. A swap is announced
 * in `next` (its `kernel_id` stored last), and done when the program array holds that id.
 *
 * Other versions may read it: new members are only added at the end, `size` is the size that the
 * writer knew, and missing members count as zero.
 */
#ifndef KERN_LEDGER_H
#define KERN_LEDGER_H

#include <linux/types.h>

#include "iourd/abi.h"
#include "dispatcher/state.h"

#define IOURD_LEDGER_MAGIC	0x474c5549u /* "IULG", little endian */
#define IOURD_LEDGER_VERSION	1u
#define IOURD_REASON_MAX	256u /* bytes with the final NUL */

#define IOURD_LEDGER_ADOPTED	(1u << 0) /* run by its application, not by a host */
#define IOURD_LEDGER_PERSISTENT (1u << 1) /* outlives its client */
#define IOURD_LEDGER_DECLARED	(1u << 2) /* declared in rings.d */
#define IOURD_LEDGER_ROLLBACK                                                                      \
	(1u << 3) /* also rolls back when its program fails after probation                        \
		   */

/* A program of the ring. All zero: none. */
struct iourd_ledger_program {
	__u8 digest[32]; /* SHA-256 of its object file */
	__u32 kernel_id; /* of the loaded program, as bpftool shows it */
	__u32 reserved;
};

struct iourd_ledger {
	__u32 magic;
	__u32 version;
	__u32 size;	 /* bytes of this struct for its writer */
	__u32 committed; /* 1: the ring was created; no client knows of it before */
	__u32 flags;	 /* IOURD_LEDGER_* */
	__u32 uid;	 /* of the owner */
	__u32 gid;
	__u32 phase; /* ring_state_number() of daemon/ring/transitions.h; a number is never reused
		      */
	__u64 created_us; /* since the epoch */
	__u64 generation;
	struct iourd_ledger_program origin; /* gave geometry, slots and opcodes */
	struct iourd_ledger_program current;
	struct iourd_ledger_program fallback; /* the last that passed its probation */
	struct iourd_ledger_program next;     /* the target of a swap under way */
	__u64 next_generation;
	__u64 probation; /* 1: current has not passed it yet */
	/* charged to the owner */
	__u64 region_bytes;
	__u64 data_bytes;
	__u32 entries;
	__s32 error; /* positive errno of its failure, or 0 */
	/* by which its parts are found again in the process that runs it */
	__u64 region_device; /* st_dev and st_ino of the region's memfd */
	__u64 region_inode;
	__u64 lease_inode; /* st_ino of the host's end of the lease; 0: none */
	__s32 reserved1;
	__s32 ring_fd;	 /* number of the ring's descriptor in the process that runs it */
	__s32 region_fd; /* number of the region's descriptor there; only of adopted rings */
	__u32 reserved2;
	char reason[IOURD_REASON_MAX];
	__u8 declared_digest[32]; /* SHA-256 of what cannot be changed of a declared ring; 0: not
				     known */
	/*
	 * The process that runs the ring: the inode of its pidfd, which no other process has until
	 * the machine restarts. Stored after the pid; 0: not known.
	 */
	__u64 process_inode;
	__u32 process_pid;
	__u32 descriptors; /* of its files, charged to the owner */
};

/* The value of a ring's "state" map. The dispatcher knows its first part only. */
struct iourd_record {
	struct iourd_dispatch dispatch;
	struct iourd_ledger ledger;
};

/*
 * Bytes of the record of the first version. A map's memory is whole pages, so a newer version finds
 * zeros behind the end of an older record, and what it stores there is kept.
 */
#define IOURD_RECORD_SIZE_MIN                                                                      \
	(__builtin_offsetof(struct iourd_record, ledger) +                                         \
	 __builtin_offsetof(struct iourd_ledger, declared_digest))
IOURD_STATIC_ASSERT(sizeof(struct iourd_record) <= 4096, "a record is in one page");

/* The daemon's own record: the value of the map pinned as "journal". */
#define IOURD_JOURNAL_MAGIC 0x4a4c5549u /* "IULJ", little endian */
#define IOURD_JOURNAL_USERS 160
struct iourd_journal_user { /* all zero: unused */
	__u32 uid;
	__u32 reserved;
	__u64 number;	    /* of the user's last event, among their own */
	__u64 event_number; /* of the same, among all */
};
struct iourd_journal {
	__u32 magic;
	__u32 version;	    /* 1 */
	__u64 event_number; /* of the last event */
	__u64 reserved[5];
	__u64 displaced; /* users that have lost their entry to another */
	struct iourd_journal_user users[IOURD_JOURNAL_USERS];
};
/* The same as IOURD_RECORD_SIZE_MIN. */
#define IOURD_JOURNAL_SIZE_MIN __builtin_offsetof(struct iourd_journal, users)
IOURD_STATIC_ASSERT(sizeof(struct iourd_journal) <= 4096, "a journal is in one page");

#endif
