/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * last-use.h - the port that reports when nobody uses a memfd any more
 *
 * A use is embedded in its owner, which cancels it before it is freed. gone() runs on the event
 * loop, or within collect(); the use is idle by then. The real port is net/last-use.c; in unit
 * tests, the test decides when a memfd is unused.
 */
#ifndef DAEMON_UTIL_LAST_USE_H
#define DAEMON_UTIL_LAST_USE_H

#include "common/list.h"

/* Zero-initialise; the owner sets gone, the port all else. */
struct last_use {
	void (*gone)(struct last_use *use);
	struct list_link link;
	int watch;
};

struct last_use_port {
	/*
	 * Reports the end of the last descriptor and mapping of @fd's memfd, which include the
	 * caller's own: it closes @fd afterwards. Never calls back from within. 0 or -errno.
	 */
	int (*await)(struct last_use_port *port, int fd, struct last_use *use);
	/* An idle use is fine. */
	void (*cancel)(struct last_use_port *port, struct last_use *use);
	/* Calls back now for all memfds that are unused by now. */
	void (*collect)(struct last_use_port *port);
};

#endif
