/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/emptying.h"

#include <assert.h>
#include <stddef.h>

#include "common/container-of.h"

static void work(struct job *job)
{
	struct emptying *emptying = container_of(job, struct emptying, job);

	emptying->result = region_empty(emptying->region);
}

static void worked(struct job *job)
{
	struct emptying *emptying = container_of(job, struct emptying, job);

	emptying->region = NULL;
	emptying->done(emptying->arg, emptying->result);
}

void emptying_begin(struct emptying *emptying, struct executor *executor, uid_t uid,
		    const struct region *region, void (*done)(void *arg, int r), void *arg)
{
	assert(!emptying->region);
	*emptying = (struct emptying){
		.region = region,
		.job = {.work = work, .done = worked, .uid = uid},
		.done = done,
		.arg = arg,
	};
	executor->submit(executor, &emptying->job);
}
