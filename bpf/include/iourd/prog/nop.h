/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iourd/prog/nop.h - parameters of the loop program "nop", which measures the cost of a step */
#ifndef IOURD_PROG_NOP_H
#define IOURD_PROG_NOP_H

#include "iourd/abi.h"

#define NOP_DEPTH_MAX 64u

struct nop_params {
	__u32 depth; /* setting: NOPs in flight, 1 to NOP_DEPTH_MAX */
	__u32 reserved;
	__u64 operations; /* setting: total number of NOPs; 0: until stopped */
};

IOURD_STATIC_ASSERT(sizeof(struct nop_params) == 16, "layout of nop_params");

#endif
