/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.h - work that is too slow for the event loop
 *
 * A job is embedded in its owner, which stays alive until done() has been called. work() runs on
 * any thread and accesses only data that the owner has reserved for it; done() runs on the event
 * loop. Jobs of different owners may run at the same time, in any order. The real executor is a
 * thread pool (daemon/net/pool.c); in unit tests, the test runs the jobs.
 */
#ifndef DAEMON_UTIL_JOB_H
#define DAEMON_UTIL_JOB_H

#include <sys/types.h>

struct job {
	void (*work)(struct job *job);
	void (*done)(struct job *job);
	uid_t uid; /* for whom: the jobs of one user do not delay another's; 0: the service's own */
	struct job *next; /* this and the rest are the executor's */
	struct job *next_user;
	struct job *last;
};

struct executor {
	/* Never fails, never calls back from within. */
	void (*submit)(struct executor *executor, struct job *job);
};

#endif
