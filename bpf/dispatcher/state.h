/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatcher/state.h - the memory that a ring's dispatcher shares with the daemon, and with nobody
 * else. What the daemon reports as fact comes from here.
 */
#ifndef DISPATCHER_STATE_H
#define DISPATCHER_STATE_H

#ifdef __bpf__
#include "iourd/kern.bpf.h"
#else
#include <linux/types.h>
#endif

/* counts.last: how the last step ended. */
#define IOURD_STEP_NONE	   0u
#define IOURD_STEP_PROGRAM 1u /* handed to the loop program: its own answer is the verdict */
#define IOURD_STEP_PAUSED  2u /* the daemon's pause flag was set: the loop was stopped */
#define IOURD_STEP_EMPTY   3u /* no program in the array: the loop was stopped */

struct iourd_dispatch {
	/* written by the dispatcher */
	__u64 steps;	 /* steps handed to a loop program */
	__u64 last_step; /* CLOCK_MONOTONIC, ns: first step, handed on or not, in its timer tick */
	__u32 last;	 /* IOURD_STEP_* */
	__u32 tick;	 /* the dispatcher's own: when it last asked for the time */
	__u32 reserved0[10];
	/* written by the daemon */
	__u32 pause; /* non-zero: every step stops the loop instead of running the program */
	__u32 reserved1[15];
};

#endif
