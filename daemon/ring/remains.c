/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/remains.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/container-of.h"
#include "util/last-use.h"
#include "util/log.h"

struct remaining_region {
	struct list_link link;
	struct last_use use;
	struct charge charge;
};

void remains_init(struct remains *remains, struct last_use_port *port)
{
	remains->port = port;
	list_init(&remains->regions);
}

static void forget(struct remaining_region *region)
{
	list_unlink(&region->link);
	charge_done(&region->charge);
	free(region);
}

void remains_done(struct remains *remains)
{
	struct list_link *link;

	while ((link = list_first(&remains->regions))) {
		struct remaining_region *region = container_of(link, struct remaining_region, link);

		remains->port->cancel(remains->port, &region->use);
		forget(region);
	}
}

static void on_gone(struct last_use *use)
{
	forget(container_of(use, struct remaining_region, use));
}

static int watch(struct remains *remains, int fd, struct remaining_region **ret)
{
	struct remaining_region *region = calloc(1, sizeof(*region));
	int r;

	if (!region)
		return -ENOMEM;
	region->use.gone = on_gone;
	r = remains->port->await(remains->port, fd, &region->use);
	if (r < 0) {
		free(region);
		return r;
	}
	*ret = region;
	return 0;
}

void remains_add(struct remains *remains, struct region *region, struct charge *charge, bool pinned)
{
	struct remaining_region *remaining;
	int r;

	if (region->fd >= 0 && charge->quota) {
		r = watch(remains, region->fd, &remaining);
		if (r == 0) {
			if (!pinned)
				charge_shrink(charge, region_memory(region));
			remaining->charge = *charge;
			*charge = (struct charge){};
			list_append(&remains->regions, &remaining->link);
		} else {
			log_of_client(LOG_LEVEL_WARNING, charge->uid,
				      "a param region that others may still hold does not count "
				      "towards the limits of user %u any more: %s",
				      (unsigned int)charge->uid, strerror(-r));
		}
	}
	region_done(region);
	charge_done(charge);
	remains_collect(remains);
}

void remains_collect(struct remains *remains)
{
	remains->port->collect(remains->port);
}
