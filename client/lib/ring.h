/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring.h - a ring, internal to the library
 */
#ifndef LIB_RING_H
#define LIB_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "iouctl.h"
#include "lib/region.h"

struct chase_tickets;

struct iouctl_ring {
	struct iouctl *connection; /* borrowed */
	char *name;
	struct region region;
	int lease_fd;		       /* -1: opened, adopted or persistent */
	struct adoption *adoption;     /* owned; NULL: a host runs it */
	struct chase_tickets *tickets; /* of this process; NULL: not the parameters of chase */
};

static inline uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/*
 * The state of a ring, for waiting: take a snapshot, check the condition, and if it does not hold
 * yet, call ring_sleep(). A change after the snapshot ends the sleep.
 */
struct ring_snapshot {
	uint32_t event; /* life.event */
	uint32_t wake;	/* progress.wake */
	bool over;	/* work or ring is done, stopped, failed or ended */
	bool host_gone; /* the other end of the lease, which the host holds, is closed */
};

struct ring_snapshot ring_snapshot(const struct iouctl_ring *ring);
bool ring_is_over(const struct iouctl_ring *ring);
/*
 * Sleeps until @word (unless NULL) differs from @value, the ring or its work has changed since the
 * snapshot, or the lease is due for a check: 0. Otherwise -ETIMEDOUT or -EINTR.
 */
int ring_sleep(const struct iouctl_ring *ring, const struct ring_snapshot *seen,
	       const uint32_t *word, uint32_t value, int64_t deadline);

/* ring.c, for adopt.c */

/* Makes a ring from its region and lease. Both are borrowed; @lease_fd may be -1. */
int ring_new(struct iouctl *c, const char *name, int region_fd, int lease_fd,
	     struct iouctl_ring **ret);
/* Copies and checks the caller's options. Members that its version lacks are zero. */
int ring_options(struct iouctl *c, const struct iouctl_ring_options *given,
		 struct iouctl_ring_options *ret);

/* No tickets yet; NULL if there is no memory. */
struct chase_tickets *chase_tickets_new(void);
struct chase_tickets *chase_tickets_free(struct chase_tickets *tickets);

#endif
