// SPDX-License-Identifier: GPL-2.0-only
/* careless - a well-formed loop program that the verifier must refuse: it forgets about NULL */
#define IOURD_SQ_ENTRIES 2
#define IOURD_CQ_ENTRIES 2

#include "iourd/loop.bpf.h"

struct careless_params {
	__u64 steps;
};

struct careless_region {
	struct iourd_head head;
	struct careless_params params;
};

IOURD_PROGRAM(careless_params, .name = "careless", .version = 1, .opcodes = {IOURD_OP(NOP)});

IOURD_STEP(careless_step, task_ring, wait)
{
	struct careless_region *region = iourd_region(task_ring, struct careless_region);

	region->params.steps++;
	return IOU_LOOP_STOP;
}

IOURD_LOOP(careless_step);
