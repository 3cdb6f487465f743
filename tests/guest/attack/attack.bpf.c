// SPDX-License-Identifier: GPL-2.0-only
/* attack - a program that does what the region says, which anybody writes */
#include "iourd/kern.bpf.h"

#include "attack.h"

struct attack_cq {
	__u32 sq_head, sq_tail, cq_head, cq_tail;
	__u32 others[12];
	struct io_uring_cqe cqes[ATTACK_CQ];
};

static __always_inline int attack(struct iou_ctx *ring, struct iou_loop_params *wait)
{
	struct attack_orders *orders =
		(void *)bpf_io_uring_get_region(ring, IOU_REGION_MEM, sizeof(*orders));
	struct attack_cq *cq = (void *)bpf_io_uring_get_region(ring, IOU_REGION_CQ, sizeof(*cq));
	unsigned long long(*sqes)[8] =
		(void *)bpf_io_uring_get_region(ring, IOU_REGION_SQ, ATTACK_SQ * 64);
	__u32 i;

	if (!orders || !cq || !sqes || orders->steps++ > orders->limit)
		return IOU_LOOP_STOP;
	if (orders->what & ATTACK_REAP)
		cq->cq_head = cq->cq_tail;
	if (orders->what & ATTACK_LIE)
		cq->cq_head = orders->value;
	if (orders->batch) {
		bpf_for(i, 0, ATTACK_SQ)
			__builtin_memcpy(sqes[i & (ATTACK_SQ - 1)],
					 orders->sqes[i & (ATTACK_SQ - 1)], 64);
		bpf_io_uring_submit_sqes(ring, orders->batch);
	}
	wait->cq_wait_idx = cq->cq_tail + orders->wait;
	return orders->what & ATTACK_ANSWER ? (int)orders->value : IOU_LOOP_CONTINUE;
}

/* Two programs, two maps each: BPF_PROG() would take the name ctx. */
#define ATTACK(name)                                                                               \
	SEC("struct_ops.s/" #name)                                                                 \
	int name(unsigned long long *arguments)                                                    \
	{                                                                                          \
		return attack((struct iou_ctx *)arguments[0],                                      \
			      (struct iou_loop_params *)arguments[1]);                             \
	}
ATTACK(attack_a)
ATTACK(attack_b)

#define ATTACK_MAP(name, step)                                                                     \
	SEC(".struct_ops.link") struct io_uring_bpf_ops name = {.loop_step = (void *)step};
ATTACK_MAP(map_0, attack_a)
ATTACK_MAP(map_1, attack_b)
ATTACK_MAP(map_2, attack_a)
ATTACK_MAP(map_3, attack_b)

const char attack_license[] SEC("license") = "GPL";
