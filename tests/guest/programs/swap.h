/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* swap.h - what swap.bpf.c and the rig share */
#ifndef TESTS_GUEST_SWAP_H
#define TESTS_GUEST_SWAP_H

struct swap_state {
	__u64 steps;
	__u32 entry; /* of the program array: always 0 */
	__u32 reserved;
};

#endif
