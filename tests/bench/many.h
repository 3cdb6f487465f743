/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* many.h - many idle rings at once: hosted ones, each of them waiting for a request */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

#include <stddef.h>
#include <stdint.h>

#include "iouctl.h"
#include "service.h"

/* Of which program an idle ring is swapped to; loaded once for each daemon. */
#define MANY_OTHER "chase-other"

struct many_figures {
	uint64_t create;     /* ns for each ring, creation and start, one after the other */
	uint64_t daemon_rss; /* KiB, with all of them there */
	uint64_t host_pss;   /* KiB, mean of the hosts */
	uint64_t swap[2];    /* p50, p99: ns from the call to its answer */
	uint64_t recovery;   /* ns from the death of the daemon to the first answer of the next */
	uint64_t recovered_rss; /* KiB of that next daemon */
	size_t recovered;	/* rings that it has */
	uint64_t destroy;	/* ns for each ring */
};
/* Makes @n rings, kills the daemon, lets the next one take over, and ends the rings. */
struct many_figures case_many(struct service *service, size_t n);

#endif
