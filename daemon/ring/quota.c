/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "ring/quota.h"

void quota_done(struct quota *quota)
{
	assert(quota->n_users == 0);
	free(quota->users);
	*quota = (struct quota){};
}

static struct quota_user *find_user(struct quota *quota, uid_t uid)
{
	for (size_t i = 0; i < quota->n_users; i++)
		if (quota->users[i].uid == uid)
			return &quota->users[i];
	return NULL;
}

static struct quota_user *add_user(struct quota *quota, uid_t uid)
{
	struct quota_user *users;

	users = reallocarray(quota->users, quota->n_users + 1, sizeof(*users));
	if (!users)
		return NULL;
	quota->users = users;
	users[quota->n_users] = (struct quota_user){.uid = uid};
	return &users[quota->n_users++];
}

/* Does not overflow for any numbers. */
static bool fits(uint64_t used, uint64_t more, uint64_t limit)
{
	return used <= limit && more <= limit - used;
}

int charge_take(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		struct note *note, struct charge *ret)
{
	const struct manager_limits *limits = &quota->limits;
	const struct quota_user *user = find_user(quota, uid);
	struct manager_limits used = {};

	if (user)
		used = user->used;
	if (!fits(used.rings, 1, limits->rings))
		return fault_quota_exceeded(note, "ringsPerUser", limits->rings);
	if (!fits(used.region_bytes, region_bytes, limits->region_bytes))
		return fault_quota_exceeded(note, "regionBytesPerUser", limits->region_bytes);
	if (!fits(used.entries, entries, limits->entries))
		return fault_quota_exceeded(note, "submissionEntriesPerUser", limits->entries);
	return charge_force(quota, uid, region_bytes, entries, ret);
}

int charge_force(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		 struct charge *ret)
{
	struct quota_user *user = find_user(quota, uid);

	if (!user)
		user = add_user(quota, uid);
	if (!user)
		return -ENOMEM;
	user->used.rings++;
	user->used.region_bytes += region_bytes;
	user->used.entries += entries;
	*ret = (struct charge){
		.quota = quota,
		.uid = uid,
		.region_bytes = region_bytes,
		.entries = entries,
	};
	return 0;
}

void charge_shrink(struct charge *charge, uint64_t region_bytes)
{
	struct quota_user *user = find_user(charge->quota, charge->uid);

	assert(user);
	user->used.entries -= charge->entries;
	charge->entries = 0;
	if (region_bytes >= charge->region_bytes)
		return;
	user->used.region_bytes -= charge->region_bytes - region_bytes;
	charge->region_bytes = region_bytes;
}

void charge_done(struct charge *charge)
{
	struct quota *quota = charge->quota;
	struct quota_user *user;

	if (!quota)
		return;
	user = find_user(quota, charge->uid);
	assert(user && user->used.rings > 0);
	user->used.rings--;
	user->used.region_bytes -= charge->region_bytes;
	user->used.entries -= charge->entries;
	if (user->used.rings == 0)
		*user = quota->users[--quota->n_users];
	*charge = (struct charge){};
}
