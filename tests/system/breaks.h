/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* breaks.h - parameters of the test programs "steady" and "breaks" */
#ifndef TESTS_SYSTEM_BREAKS_H
#define TESTS_SYSTEM_BREAKS_H

#include "iourd/abi.h"

enum break_way {
	BREAK_NOT,
	BREAK_GARBAGE,	/* an answer that is neither continue nor stop */
	BREAK_FAILED,	/* says that its work failed, and stops */
	BREAK_DEAF,	/* sleeps until more completions come than will */
	BREAK_DOORBELL, /* sleeps, and the doorbell does not wake it */
	BREAK_OVERFLOW, /* submits for ever, and takes no completion */
	BREAK_WAYS,
};

struct breaks_params {
	__u32 way;     /* setting */
	__u32 asleep;  /* private: it takes no completion any more */
	__u64 after;   /* setting: steps before it breaks */
	__s64 time[2]; /* private: a struct __kernel_timespec */
};

#endif
