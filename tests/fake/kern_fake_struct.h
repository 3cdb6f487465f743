/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kern_fake_struct.h - what the fake kernel port is made of */
#ifndef FAKE_KERN_FAKE_STRUCT_H
#define FAKE_KERN_FAKE_STRUCT_H

#include <pthread.h>

#include "fake/kern_fake.h"

#define FAKE_CAPABILITIES 3

/* Owns what is pinned. Dispatchers and programs are their holders'; here they are known. */
struct kern_fake {
	struct kern kern;
	struct fail_plan *plan;
	pthread_mutex_t lock;
	struct kern_dispatcher *dispatchers;
	struct kern_program *programs;
	struct kern_fake_pinned *pinned;
	struct iourd_journal journal;
	uint32_t next_kernel_id;
	int waiting_ring;		 /* whose ring_waiting is told */
	uint32_t sq_entries, cq_entries; /* of every ring */
	uint32_t taken_sq, taken_cq;	 /* of every ring that is attached */
	int waiting;
	struct kern_fake_tally tally;
	struct kern_capability capabilities[FAKE_CAPABILITIES];
};

struct kern_program {
	struct kern_fake *kern;
	struct kern_program_info info;
	struct kern_program *next;
	struct fake_object object;
	bool loaded;
	uint32_t kernel_id;
};

struct kern_dispatcher {
	struct kern_fake *kern;
	struct kern_dispatcher *next;
	struct kern_fake_pinned *pinned; /* of it; NULL: the pins were removed */
	uint32_t sq_entries, cq_entries; /* expected of its ring */
};

#endif
