// SPDX-License-Identifier: GPL-2.0-only
/*
 * dispatcher.bpf.c - the program that is really attached to a ring
 *
 * It counts the step, honours the daemon's pause flag and goes on in the loop program that stands
 * in the ring's program array, so that changing that entry swaps the program of a ring that runs.
 * It runs before every step: each instruction here is paid by everybody.
 *
 * daemon/kern/dispatcher.c takes the code out of this object and makes one instance for each ring,
 * with maps of its own for "programs" and "state".
 */
#include "dispatcher/state.h"

#include <bpf/bpf_helpers.h>

#define LOOP_STOP 1

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

/* In an array of the ring's own that the daemon maps. */
struct iourd_dispatch state __attribute__((used));

/*
 * The state's address, loaded anew at each place, so that the compiler keeps it in no register that
 * costs a push and a pop in every step.
 */
static __always_inline struct iourd_dispatch *find_state(void)
{
	struct iourd_dispatch *found;

	asm volatile("%0 = state ll" : "=r"(found));
	return found;
}

/*
 * Arguments are the kernel's and go through to the loop program; nothing here looks at them.
 *
 * The pause flag is the index of the entry to go on in: the array has one, so that with any flag
 * but 0 the tail call fails, which is cheaper than asking first. It also keeps the verifier from
 * knowing the index. With a known one the call becomes a jump that every swap patches in code that
 * runs: dearer for the whole machine, and seen to crash an emulated guest ("Oops: int3").
 */
SEC("struct_ops.s/loop_step")
int dispatch(unsigned long long *arguments)
{
	__u32 tick = bpf_jiffies64();
	struct iourd_dispatch *at = find_state();
	__u64 now;

	/* asking for the time costs more than all the rest, reading jiffies nearly nothing */
	if (at->tick != tick) {
		at->tick = tick;
		at->last = IOURD_STEP_PROGRAM;
		now = bpf_ktime_get_ns();
		at = find_state();
		at->last_step = now;
	}
	at->steps++;
	bpf_tail_call(arguments, &programs, at->pause);

	/* Handed to nobody. A tick that is far away makes the next step that is say so. */
	at = find_state();
	at->steps--;
	at->tick ^= 1u << 31;
	at->last = at->pause ? IOURD_STEP_PAUSED : IOURD_STEP_EMPTY;
	return LOOP_STOP;
}

char LICENSE[] SEC("license") = "GPL";
