/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/usage.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct usage_user { /* owned by its list, while there are charges */
	struct usages *usages;
	struct usage_user *next;
	uid_t uid;
	size_t n_charges;
	uint64_t used[USAGE_KINDS];
};

static struct usage_user *get_user(struct usages *usages, uid_t uid)
{
	struct usage_user *user = usages->first;

	while (user && user->uid != uid)
		user = user->next;
	if (user)
		return user;
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->usages = usages;
	user->uid = uid;
	user->next = usages->first;
	usages->first = user;
	return user;
}

static void free_user(struct usage_user *user)
{
	struct usage_user **at = &user->usages->first;

	while (*at != user)
		at = &(*at)->next;
	*at = user->next;
	free(user);
}

int usage_begin(struct usages *usages, uid_t uid, enum usage_kind kind, struct usage_charge *ret)
{
	struct usage_user *user = get_user(usages, uid);

	if (!user)
		return -ENOMEM;
	user->n_charges++;
	*ret = (struct usage_charge){.user = user, .kind = kind};
	return 0;
}

void usage_set(struct usage_charge *charge, uint64_t n)
{
	struct usage_user *user = charge->user;

	if (!user)
		return;
	assert(user->used[charge->kind] >= charge->n);
	user->used[charge->kind] += n - charge->n;
	charge->n = n;
}

void usage_end(struct usage_charge *charge)
{
	struct usage_user *user = charge->user;

	if (!user)
		return;
	usage_set(charge, 0);
	*charge = (struct usage_charge){};
	if (--user->n_charges == 0)
		free_user(user);
}

uint64_t usage_total(const struct usage_charge *charge)
{
	return charge->user ? charge->user->used[charge->kind] : 0;
}

uid_t usage_uid(const struct usage_charge *charge)
{
	return charge->user ? charge->user->uid : 0;
}
