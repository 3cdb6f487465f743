/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* many.h - many idle hosted rings at once, each waiting for a request */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

#include <stddef.h>
#include <stdint.h>

#include "iouctl.h"
#include "service.h"

/* Program to swap an idle ring to; loaded once for each daemon. */
#define MANY_OTHER "chase-other"

struct many_figures {
	uint64_t create;	/* ns for each ring, creation and start, one after the other */
	uint64_t daemon_rss;	/* KiB, with all rings */
	uint64_t host_pss;	/* KiB, mean of the hosts */
	uint64_t swap[2];	/* p50, p99: ns from the call to its reply */
	uint64_t recovery;	/* ns from the daemon's death to the next one's first reply */
	uint64_t recovered_rss; /* KiB of the next daemon */
	size_t recovered;	/* rings of the next daemon */
	uint64_t destroy;	/* ns for each ring */
};
/* Creates @n rings, kills the daemon, lets the next take over, and destroys the rings. */
struct many_figures case_many(struct service *service, size_t n);

#endif
