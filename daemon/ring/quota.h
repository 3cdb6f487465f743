/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quota.h - the resources that each user's rings hold, and their limits */
#ifndef RING_QUOTA_H
#define RING_QUOTA_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring/types.h"
#include "wire/fault.h"

struct note;

struct quota_user {
	uid_t uid;
	struct manager_limits used;
};

/* Owned by the ring context. A user is listed while one of their charges exists. */
struct quota {
	struct manager_limits limits;
	struct quota_user *users;
	size_t n_users;
};

/* Asserts that nothing is charged. */
void quota_done(struct quota *quota);

/* The resources of one ring, in which it is embedded. All zero: none. */
struct charge {
	struct quota *quota;
	uid_t uid;
	uint64_t region_bytes;
	uint64_t entries;
};

/* Charges @uid for one more ring. FAULT_QUOTA_EXCEEDED names the limit as GetStatus does. */
int charge_take(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		struct note *note, struct charge *ret);
/* The same for a ring that exists already: the limits may have changed since. */
int charge_force(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		 struct charge *ret);
/* Of an ended ring @region_bytes remain, and it has no queues; never charges more than before. */
void charge_shrink(struct charge *charge, uint64_t region_bytes);
void charge_done(struct charge *charge);

#endif
