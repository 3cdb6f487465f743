/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quota.h - what each user's rings hold, and the limit of it */
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

/* Owned by the manager. A user is here for as long as one charge of theirs is. */
struct quota {
	struct manager_limits limits;
	struct quota_user *users;
	size_t n_users;
};

/* Asserts that nothing is charged. */
void quota_done(struct quota *quota);

/* What one ring holds; a member of the ring. Zeroed: nothing. */
struct charge {
	struct quota *quota;
	uid_t uid;
	uint64_t region_bytes;
	uint64_t entries;
};

/* One ring more for @uid. FAULT_QUOTA_EXCEEDED names the limit as GetStatus does. */
int charge_take(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		struct note *note, struct charge *ret);
/* Of a ring that is there already, whatever the limits are by now. */
int charge_force(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		 struct charge *ret);
void charge_done(struct charge *charge);

#endif
