/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring.h - a ring, as the library's files see it
 */
#ifndef LIB_RING_H
#define LIB_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "iouctl.h"
#include "lib/region.h"

struct chase_book;

struct iouctl_ring {
	struct iouctl *connection; /* borrowed */
	char *name;
	struct region region;
	int lease_fd;		   /* -1: opened, not created; or persistent */
	struct adoption *adoption; /* owned; NULL: a host runs it */
	struct chase_book *book;   /* tickets of this process; NULL: the layout is not chase's */
};

static inline uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/*
 * One look at a ring by somebody who waits: make it, look at what is waited for, and if that is not
 * there yet, sleep. What changes after the look ends the sleep.
 */
struct ring_look {
	uint32_t event; /* life.event */
	uint32_t wake;	/* progress.wake */
	bool over;	/* work or ring is done, stopped, failed or ended */
	bool orphan;	/* the host is gone: the lease that it shares with us has been hung up */
};

struct ring_look ring_look(const struct iouctl_ring *ring);
bool ring_is_over(const struct iouctl_ring *ring);
/*
 * Sleeps until @word (if not NULL) is not @value, or ring or work have changed, or it is time for
 * another look at the lease: 0. Otherwise -ETIMEDOUT or -EINTR.
 */
int ring_sleep(const struct iouctl_ring *ring, const struct ring_look *look, const uint32_t *word,
	       uint32_t value, int64_t deadline);

/* ring.c, for adopt.c */

/* A ring of region @region_fd (borrowed, as @lease_fd, which is -1 if there is none). */
int ring_new(struct iouctl *c, const char *name, int region_fd, int lease_fd,
	     struct iouctl_ring **ret);
/* Of the caller's options: a copy, with zero for what the caller's version does not have. */
int ring_options(struct iouctl *c, const struct iouctl_ring_options *given,
		 struct iouctl_ring_options *ret);

/* NULL is fine. */
struct adoption *adoption_free(struct adoption *adoption);

/* A book of no tickets; NULL if there is no memory. */
struct chase_book *chase_book_new(void);
struct chase_book *chase_book_free(struct chase_book *book);

#endif
