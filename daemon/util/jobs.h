/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* jobs.h - counts jobs that belong to no ring; the manager is freed after the last */
#ifndef RING_JOBS_H
#define RING_JOBS_H

#include <assert.h>
#include <stddef.h>

#include "util/job.h"

/* Owned by the manager. */
struct jobs {
	struct executor *executor; /* borrowed */
	size_t n;		   /* under way */
	void (*idle)(void *arg);   /* called when n falls to 0 */
	void *arg;
};

/* Each job's done() calls jobs_done() last. */
static inline void jobs_submit(struct jobs *jobs, struct job *job)
{
	jobs->n++;
	jobs->executor->submit(jobs->executor, job);
}

static inline void jobs_done(struct jobs *jobs)
{
	assert(jobs->n > 0);
	if (--jobs->n == 0)
		jobs->idle(jobs->arg);
}

#endif
