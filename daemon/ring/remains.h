/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remains.h - the param regions of ended rings that others still hold, and what they cost
 *
 * A client may keep descriptors and mappings of a region for as long as it likes. What the daemon
 * cannot free stays charged to the ring's user, until the last of them is gone.
 */
#ifndef RING_REMAINS_H
#define RING_REMAINS_H

#include <stdbool.h>

#include "common/list.h"
#include "ring/quota.h"
#include "ring/region.h"

struct last_use_port;

/* Owned by the ring context. */
struct remains {
	struct last_use_port *port; /* borrowed */
	struct list regions;
};

void remains_init(struct remains *remains, struct last_use_port *port);
/* The daemon ends: the next one does not know of these regions. */
void remains_done(struct remains *remains);

/*
 * The ring has ended and its region is emptied: takes over both and leaves them empty. @pinned: a
 * process that is not the daemon's may pin the region's memory, so the whole charge stays.
 */
void remains_add(struct remains *remains, struct region *region, struct charge *charge,
		 bool pinned);
/* Gives back the charges of all regions that nobody holds by now. */
void remains_collect(struct remains *remains);

#endif
