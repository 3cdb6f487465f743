/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stall.h - notices that a ring makes no progress, and asks the daemon what it waits for */
#ifndef CLI_STALL_H
#define CLI_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"

struct stall { /* zeroed */
	bool begun;
	uint64_t done; /* progress at the last change */
	double since;  /* seconds, as its caller's */
	double next;   /* the time of the next question */
	char *waits;   /* owned: what it waits for; NULL: nothing that is known, or it goes on */
};

/*
 * @now: in seconds. Asks when nothing was done for 5 s, and then at growing intervals, for at most
 * a second each. True if stall->waits is new.
 */
bool stall_update(struct stall *stall, struct cli *cli, const struct iouctl_ring *ring,
		  const struct iouctl_progress *progress, double now);
void stall_done(struct stall *stall);

#endif
