/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leave.c - hosts of an earlier daemon that cannot be ended */
#include <errno.h>
#include <string.h>

#include "takeover/context.h"
#include "util/log.h"

static bool give_name_back(const struct takeover *takeover, struct takeover_entry *entry)
{
	char key[RING_KEY_MAX];

	if (!entry->dispatch ||
	    manager_ring_rename(takeover->manager, entry->dispatch, entry->name, key) < 0)
		return false;
	strcpy(entry->name, key);
	return true;
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
