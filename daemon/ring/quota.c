/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
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

bool quota_cap_fits(const struct quota_cap *cap, uint64_t total, uint64_t used, uint64_t more)
{
	return fits(total, more, cap->total - cap->total / 4) ||
	       (fits(used, more, cap->guaranteed) && fits(total, more, cap->total));
}

/* What a user has left is worth nothing if others have taken all that there is. */
static int check_caps(const struct quota *quota, const struct quota_claim *claim,
		      const struct manager_limits *used, struct note *note)
{
	const struct quota_caps *caps = &quota->caps;
	const struct manager_limits *total = &quota->total;

	if (claim->payer == 0)
		return 0;
	if (!quota_cap_fits(&caps->rings, total->rings, used->rings, 1))
		return fault_quota_exceeded(note, "rings", caps->rings.total, "iouringd.conf");
	if (!quota_cap_fits(&caps->region_bytes, total->region_bytes, used->region_bytes,
			    claim->region_bytes))
		return fault_quota_exceeded(note, "regionBytes", caps->region_bytes.total,
					    "iouringd.conf");
	return 0;
}

int charge_take(struct quota *quota, const struct quota_claim *claim, struct note *note,
		struct charge *ret)
{
	const struct quota_user *user = find_user(quota, claim->payer);
	struct manager_limits used = {};
	int r;

	if (user)
		used = user->used;
	r = policy_fits(&claim->rings_limit, used.rings, 1, note);
	if (r == 0)
		r = policy_fits(&claim->region_bytes_limit, used.region_bytes, claim->region_bytes,
				note);
	if (r == 0)
		r = policy_fits(&claim->entries_limit, used.entries, claim->entries, note);
	if (r == 0)
		r = check_caps(quota, claim, &used, note);
	if (r != 0)
		return r;
	return charge_force(quota, claim->payer, claim->region_bytes, claim->entries, ret);
}

/* The user's and the total; what is taken away has been added before. */
static void count(struct quota *quota, struct quota_user *user, int64_t rings, int64_t bytes,
		  int64_t entries)
{
	struct manager_limits *const counts[] = {&user->used, &quota->total};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		counts[i]->rings += (uint64_t)rings;
		counts[i]->region_bytes += (uint64_t)bytes;
		counts[i]->entries += (uint64_t)entries;
	}
}

int charge_force(struct quota *quota, uid_t uid, uint64_t region_bytes, uint64_t entries,
		 struct charge *ret)
{
	struct quota_user *user = find_user(quota, uid);

	if (!user)
		user = add_user(quota, uid);
	if (!user)
		return -ENOMEM;
	count(quota, user, 1, (int64_t)region_bytes, (int64_t)entries);
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
	count(charge->quota, user, 0, 0, -(int64_t)charge->entries);
	charge->entries = 0;
	if (region_bytes >= charge->region_bytes)
		return;
	count(charge->quota, user, 0, -(int64_t)(charge->region_bytes - region_bytes), 0);
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
	count(quota, user, -1, -(int64_t)charge->region_bytes, -(int64_t)charge->entries);
	if (user->used.rings == 0)
		*user = quota->users[--quota->n_users];
	*charge = (struct charge){};
}
