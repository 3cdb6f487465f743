/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatcher/state.h - memory that only a ring's dispatcher and the daemon share, and from which
 * the daemon reports facts
 */
#ifndef DISPATCHER_STATE_H
#define DISPATCHER_STATE_H

#ifdef __bpf__
#include "iourd/kern.bpf.h"
#else
#include <linux/types.h>
#endif

/* iourd_dispatch.last: how the last step ended */
#define IOURD_STEP_NONE	   0u
#define IOURD_STEP_PROGRAM 1u /* the loop program ran; its return value decides */
#define IOURD_STEP_PAUSED  2u /* the pause flag was set; the loop was stopped */
#define IOURD_STEP_EMPTY   3u /* the array was empty; the loop was stopped */
#define IOURD_STEP_YIELD                                                                           \
	4u /* the loop was stopped to sleep or yield, and is to be entered again                   \
	    */

/*
 * Offsets that stand for those of members of struct task_struct. Kernels differ, so the daemon puts
 * in the running kernel's when it loads the dispatcher. A load of a member that the kernel lacks
 * becomes 0.
 */
#define IOURD_TASK_HOLDOUT 0x7f00 /* rcu_tasks_holdout, u8 */
#define IOURD_TASK_NVCSW   0x7f08 /* nvcsw, unsigned long */

struct iourd_dispatch {
	/* written by the dispatcher */
	__u64 steps;	 /* steps in which the loop program ran */
	__u64 last_step; /* CLOCK_MONOTONIC, ns: first step in its timer tick, even if stopped */
	__u32 last;	 /* IOURD_STEP_* */
	__u32 tick;	 /* private: jiffies when last_step was read */
	__u64 held_up;	 /* CLOCK_MONOTONIC, ns: private, see dispatcher.bpf.c */
	__u64 nvcsw;	 /* private: the task's voluntary context switches */
	__u32 reserved0[6];
	/* written by the daemon */
	__u32 pause; /* not 0: each step stops the loop instead of running the program */
	__u32 reserved1[15];
};

#endif
