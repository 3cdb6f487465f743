/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tally.h - parameters of the loop programs "tally-a" and "tally-b" of the contract tests */
#ifndef TESTS_CONTRACT_TALLY_H
#define TESTS_CONTRACT_TALLY_H

#include "iourd/abi.h"

#define TALLY_DEPTH_MAX 32u

enum tally_mood {
	TALLY_CALM = 0,
	TALLY_BUSY = 7,
};

struct tally_inner {
	__u16 small;
	__s16 smaller;
	__u32 pair[2];
};

struct tally_params {
	/* settings */
	__u32 depth;	  /* NOPs in flight */
	__s32 answer;	  /* result of the last step; negative: stops the loop */
	__u64 operations; /* 0: until stopped */
	enum tally_mood mood;
	_Bool flag;
	char label[11];
	/* progress */
	__u64 submitted;
	__u64 completed;
	__u64 misplaced; /* completions out of order */
	__u64 steps_a;
	__u64 steps_b;
	struct tally_inner inner;
	/* private */
	__u64 secret[2];
};

#endif
