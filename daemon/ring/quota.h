/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quota.h - what the rings of each user and of all hold, and the limits */
#ifndef RING_QUOTA_H
#define RING_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/policy.h"
#include "ring/types.h"
#include "wire/fault.h"

struct note;

struct quota_user {
	uid_t uid;
	struct manager_limits used;
};

struct quota_cap { /* of all users together; root is not subject to it */
	uint64_t total;
	/* A quarter of the total is left for users who have less than this each. */
	uint64_t guaranteed;
};

struct quota_caps { /* named as in iouringd.conf */
	struct quota_cap rings;
	struct quota_cap region_bytes;
};

/* Owned by the ring context. A user is listed while one of their charges exists. */
struct quota {
	struct quota_caps caps;
	struct manager_limits total;
	struct quota_user *users;
	size_t n_users;
};

/* Whether a user who has @used of @total may have @more; root always may. */
bool quota_cap_fits(const struct quota_cap *cap, uint64_t total, uint64_t used, uint64_t more);

/* Asserts that nothing is charged. */
void quota_done(struct quota *quota);

/* The resources of one ring, in which it is embedded. All zero: none. */
struct charge {
	struct quota *quota;
	uid_t uid;
	uint64_t region_bytes;
	uint64_t entries;
};

struct quota_claim { /* one more ring */
	uid_t payer;
	uint64_t region_bytes;
	uint64_t entries;
	struct policy_answer rings_limit, region_bytes_limit, entries_limit;
};

/* Charges the payer. FAULT_QUOTA_EXCEEDED names the limit as GetStatus or iouringd.conf does. */
int charge_take(struct quota *quota, const struct quota_claim *claim, struct note *note,
		struct charge *ret);
/* The same for a ring that exists already: the limits may have changed since. */
int charge_force(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		 struct charge *ret);
/* Of an ended ring @region_bytes remain, and it has no queues; never charges more than before. */
void charge_shrink(struct charge *charge, uint64_t region_bytes);
void charge_done(struct charge *charge);

#endif
