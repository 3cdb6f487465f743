/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leave.c - hosts of an earlier daemon that cannot be ended */
#include <errno.h>
#include <string.h>

#include "takeover/context.h"
#include "util/log.h"

#define ENDING_NAMES_MAX 1000 /* tried for a ring that does not end */

/* As a ring of this daemon does that cannot be ended. */
static bool give_name_back(const struct takeover *takeover, struct takeover_entry *entry)
{
	struct hosts *hosts = takeover->hosts;
	char key[RING_KEY_MAX];
	int r = -EEXIST;

	if (!entry->dispatch)
		return false;
	for (unsigned int i = 1; r == -EEXIST && i <= ENDING_NAMES_MAX; i++) {
		if (!manager_ending_key(entry->name, i, key))
			return false;
		r = hosts->ops->rename(hosts, entry->name, key);
		if (r < 0)
			continue;
		r = takeover->kern->ops->dispatcher_rename(entry->dispatch, key);
		if (r < 0 && hosts->ops->rename(hosts, key, entry->name) < 0)
			return false;
	}
	if (r == 0)
		strcpy(entry->name, key);
	return r == 0;
}

void takeover_leave_host(const struct takeover *takeover, struct takeover_entry *entry, int r)
{
	char name[RING_KEY_MAX];

	strcpy(name, entry->name);
	entry->verdict = RECONCILE_LEAVE;
	if (give_name_back(takeover, entry))
		log_warning("the host of ring %s cannot be ended, and is left as that of ring %s: "
			    "%s",
			    name, entry->name, strerror(r < 0 ? -r : ETIMEDOUT));
	else
		log_warning("the host of ring %s cannot be ended, and the ring's name stays "
			    "reserved: %s",
			    name, strerror(r < 0 ? -r : ETIMEDOUT));
}
