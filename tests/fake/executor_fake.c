/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>

#include "fake/executor_fake.h"

static void executor_fake_submit(struct executor *executor, struct job *job)
{
	struct executor_fake *fake = (struct executor_fake *)executor;

	job->next = NULL;
	if (fake->last)
		fake->last->next = job;
	else
		fake->first = job;
	fake->last = job;
	fake->waiting++;
}

void executor_fake_init(struct executor_fake *fake)
{
	*fake = (struct executor_fake){.executor.submit = executor_fake_submit};
}

void executor_fake_done(struct executor_fake *fake)
{
	assert(fake->waiting == 0);
}

bool executor_fake_work(struct executor_fake *fake)
{
	struct job *job = fake->first;

	if (!job || fake->worked)
		return false;
	fake->first = job->next;
	if (!fake->first)
		fake->last = NULL;
	fake->worked = job;
	job->work(job);
	return true;
}

bool executor_fake_run_one(struct executor_fake *fake)
{
	struct job *job;

	if (!fake->worked && !executor_fake_work(fake))
		return false;
	job = fake->worked;
	fake->worked = NULL;
	fake->waiting--;
	job->done(job); /* may free the job */
	return true;
}

bool executor_fake_run_youngest(struct executor_fake *fake)
{
	struct job *job = fake->last;
	struct job **at = &fake->first;

	if (!job)
		return executor_fake_run_one(fake);
	fake->last = NULL;
	for (; *at != job; at = &(*at)->next)
		fake->last = *at;
	*at = NULL;
	fake->waiting--;
	job->work(job);
	job->done(job);
	return true;
}

void executor_fake_run(struct executor_fake *fake)
{
	while (executor_fake_run_one(fake))
		;
}
