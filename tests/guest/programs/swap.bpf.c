// SPDX-License-Identifier: GPL-2.0-only
/* swap - the shortest dispatcher: counts the step, goes on in the program that stands in the array
 */
#include "iourd/kern.bpf.h"

#include "swap.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

/*
 * The entry is always 0, but the verifier does not know: with a constant index the kernel would
 * turn the call into a jump and patch that at each swap, under the feet of a loop that runs. In an
 * emulated guest that ended in "Oops: int3" after some ten swaps.
 */
struct swap_state state;

SEC("struct_ops.s/loop_step")
int swap_loop(unsigned long long *arguments)
{
	state.steps++;
	bpf_tail_call(arguments, &programs, state.entry);
	return IOU_LOOP_STOP;
}

SEC(".struct_ops.link")
struct io_uring_bpf_ops iourd_loop = {.loop_step = (void *)swap_loop};

const char rig_license[] SEC("license") = "GPL";
