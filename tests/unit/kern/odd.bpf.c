// SPDX-License-Identifier: GPL-2.0-only
/*
 * odd - loop programs that compile and must be refused: each ODD_* is one reason
 */
#define IOURD_SQ_ENTRIES 2
#define IOURD_CQ_ENTRIES 2

#include "iourd/loop.bpf.h"

struct odd_params {
	__u32 plain;
#ifdef ODD_POINTER
	void *odd;
#elif defined(ODD_BITFIELD)
	__u32 odd : 3;
	__u32 even : 29;
#elif defined(ODD_UNION)
	union {
		__u32 a;
		__u64 b;
	} odd;
#elif defined(ODD_FLOAT)
	double odd;
#elif defined(ODD_NESTED)
	struct {
		__u32 fine;
		struct {
			__u32 *not_fine;
		} inner;
	} odd[2];
#elif defined(ODD_MATRIX)
	__u32 odd[2][2];
#elif defined(ODD_PACKED)
	struct __attribute__((packed)) {
		__u8 shift;
		__u32 shifted;
	} odd;
#else
	__u64 odd;
#endif
};

struct odd_region {
	struct iourd_head head;
	struct odd_params params;
};

IOURD_PROGRAM(odd_params, .name = "odd", .version = 1, .opcodes = {IOURD_OP(NOP)},
	      .field_count = ODD_FIELDS,
	      .fields = {{.name = "plain"}, {.name = "odd", .flags = IOURD_FIELD_PROGRESS}});

#ifdef ODD_VARIABLE
__u64 odd_variable;
#endif

#ifdef ODD_MAP
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} odd_map SEC(".maps");
#endif

const volatile __u64 odd_constant = 1; /* read-only: nobody minds */

IOURD_STEP(odd_step, task_ring, wait)
{
	struct odd_region *region = iourd_region(task_ring, struct odd_region);

	if (!region)
		return IOURD_LOOP_BROKEN;
	region->params.plain += odd_constant;
#ifdef ODD_VARIABLE
	odd_variable++;
#endif
#ifdef ODD_MAP
	__u32 key = 0;

	if (bpf_map_lookup_elem(&odd_map, &key))
		region->params.plain++;
#endif
	return IOU_LOOP_STOP;
}

#ifndef ODD_NO_LOOP
IOURD_LOOP(odd_step);
#endif

#ifdef ODD_TWO_STEPS
IOURD_STEP(odd_other_step, task_ring, wait)
{
	return IOU_LOOP_STOP;
}
#endif

#ifdef ODD_TWO_LOOPS
SEC(".struct_ops.link")
struct io_uring_bpf_ops odd_second_loop = {.loop_step = (void *)odd_step};
#endif

#ifdef ODD_EMPTY_LOOP
SEC(".struct_ops.link")
struct io_uring_bpf_ops odd_empty_loop = {.ring_fd = 7};
#endif

#ifdef ODD_OTHER_OPS
struct tcp_congestion_ops {
	int (*loop_step)(void *socket);
	char name[16];
};

SEC(".struct_ops.link")
struct tcp_congestion_ops odd_other_ops = {.loop_step = (void *)odd_step};
#endif

#ifdef ODD_PROBE
SEC("kprobe/do_nothing")
int odd_probe(void *registers)
{
	return 0;
}
#endif
