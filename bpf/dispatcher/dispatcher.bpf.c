// SPDX-License-Identifier: GPL-2.0-only
/*
 * dispatcher.bpf.c - the program that is attached to every ring
 *
 * It counts the step, honours the daemon's pause flag and tail-calls the loop program in the ring's
 * program array. Updating that array entry swaps the program of a running ring. The dispatcher runs
 * before every step, so that each of its instructions is a cost to all rings.
 *
 * Once in a timer tick it also checks whether the loop holds up the machine. A task that neither
 * sleeps nor yields in the kernel holds up every RCU-tasks grace period: BPF maps are not freed,
 * tracers do not detach. A loop whose requests all complete at once is such a task. When a grace
 * period has waited for it for two seconds, the dispatcher stops the loop and counts that in the
 * region (progress.yields), by which the process knows that it is to yield and enter again.
 *
 * daemon/kern/dispatcher.c takes the code from this object and creates an instance for each ring,
 * with its own maps for "programs" and "state".
 */
#include "dispatcher/state.h"
#include "iourd/abi.h"

#include <bpf/bpf_helpers.h>

#define LOOP_STOP   1
#define PATIENCE_NS 2000000000ull

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

/* In an array map of the ring, which the daemon maps */
struct iourd_dispatch state __attribute__((used));

/*
 * Loads the address of the state. Loading it again at each use keeps the compiler from holding it
 * in a register that each step would have to save and restore.
 */
static __always_inline struct iourd_dispatch *find_state(void)
{
	struct iourd_dispatch *found;

	asm volatile("%0 = state ll" : "=r"(found));
	return found;
}

#define TEXT(number)  TEXT_(number)
#define TEXT_(number) #number

/*
 * The kernel marks the tasks that a grace period waits for. The mark may be of a later grace period
 * than at the last tick; then the task has switched meanwhile. The time is read from the state, as
 * a register that is kept across calls would be saved at each step.
 */
static __always_inline int holds_up(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct iourd_dispatch *at = find_state();
	__u64 holdout, nvcsw;

	asm volatile("%0 = *(u8 *)(%1 + " TEXT(IOURD_TASK_HOLDOUT) ")" : "=r"(holdout) : "r"(task));
	asm volatile("%0 = *(u64 *)(%1 + " TEXT(IOURD_TASK_NVCSW) ")" : "=r"(nvcsw) : "r"(task));
	if (holdout && at->nvcsw == nvcsw)
		return at->last_step - at->held_up > PATIENCE_NS;
	at->nvcsw = nvcsw;
	at->held_up = at->last_step;
	return 0;
}

/* An application may have given its ring no region. */
static __always_inline void tell_region(unsigned long long *arguments)
{
	struct iourd_head *head = (struct iourd_head *)bpf_io_uring_get_region(
		(struct iou_ctx *)arguments[0], IOU_REGION_MEM, sizeof(*head));

	if (head)
		head->progress.yields++;
}

/*
 * The kernel's arguments are passed on to the loop program unread.
 *
 * The pause flag is the index for the tail call. The array has one entry, so that the call fails
 * with any flag but 0, which is cheaper than a test. It also keeps the index unknown to the
 * verifier. With a known index the kernel turns the call into a jump, and each swap patches that
 * jump in running code. That costs the whole machine more, and has crashed an emulated guest
 * ("Oops: int3").
 */
SEC("struct_ops.s/loop_step")
int dispatch(unsigned long long *arguments)
{
	__u32 tick = bpf_jiffies64();
	struct iourd_dispatch *at = find_state();
	__u64 now;

	/* reading the time costs more than everything else here, reading jiffies hardly anything */
	if (at->tick != tick) {
		at->tick = tick;
		at->last = IOURD_STEP_PROGRAM;
		now = bpf_ktime_get_ns();
		at = find_state();
		at->last_step = now;
		if (holds_up()) {
			at = find_state();
			at->tick ^= 1u << 31; /* the next step checks again */
			at->last = IOURD_STEP_YIELD;
			tell_region(arguments);
			return LOOP_STOP;
		}
		at = find_state();
	}
	at->steps++;
	bpf_tail_call(arguments, &programs, at->pause);

	/* The call failed. A distant tick makes the next successful step set `last` again. */
	at = find_state();
	at->steps--;
	at->tick ^= 1u << 31;
	at->last = at->pause ? IOURD_STEP_PAUSED : IOURD_STEP_EMPTY;
	return LOOP_STOP;
}

char LICENSE[] SEC("license") = "GPL";
