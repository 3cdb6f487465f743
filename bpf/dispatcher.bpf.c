// SPDX-License-Identifier: GPL-2.0-only
/*
 * dispatcher.bpf.c - the program that is really attached to a ring
 *
 * It counts the step, honours the daemon's pause flag and goes on in the loop program that stands in
 * the ring's program array, so that changing that entry swaps the program of a ring that runs. It
 * runs before every step: each instruction here is paid by everybody.
 *
 * daemon/kern/dispatcher.c takes the code out of this object and makes one instance for each ring,
 * with maps of its own for "programs" and "state".
 */
#include "iourd/dispatch.h"

#include <bpf/bpf_helpers.h>

#define LOOP_STOP 1

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

/* In an array of the ring's own that the daemon maps. */
struct iourd_dispatch state;

/* Arguments are the kernel's and go through to the loop program; nothing here looks at them. */
SEC("struct_ops.s/loop_step")
int dispatch(unsigned long long *arguments)
{
	__u32 tick = bpf_jiffies64();

	if (state.pause) {
		state.last = IOURD_STEP_PAUSED;
		return LOOP_STOP;
	}

	/* asking for the time costs more than all the rest, and reading jiffies nearly nothing */
	if (state.tick != tick) {
		state.tick = tick;
		state.last_step = bpf_ktime_get_ns();
	}
	state.steps++;
	state.last = IOURD_STEP_PROGRAM;
	bpf_tail_call(arguments, &programs, 0);

	/* the array is empty: the step was handed to nobody */
	state.steps--;
	state.last = IOURD_STEP_EMPTY;
	return LOOP_STOP;
}

char LICENSE[] SEC("license") = "GPL";
