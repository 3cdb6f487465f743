/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stddef.h>

#include "ring/dispatcher-jobs.h"
#include "common/container-of.h"

static void work(struct job *job)
{
	struct ring_dispatcher *jobs = container_of(job, struct ring_dispatcher, job);

	jobs->result = jobs->work(jobs);
}

static void worked(struct job *job)
{
	struct ring_dispatcher *jobs = container_of(job, struct ring_dispatcher, job);

	jobs->busy = false;
	jobs->kern_dispatch = jobs->subject;
	jobs->done(jobs->arg, jobs->result);
}

void ring_dispatcher_init(struct ring_dispatcher *jobs, struct kern *kern,
			  struct executor *executor, const char *name, uid_t uid)
{
	*jobs = (struct ring_dispatcher){
		.kern = kern,
		.executor = executor,
		.name = name,
		.job = {.work = work, .done = worked, .uid = uid},
	};
}

static void submit(struct ring_dispatcher *jobs, int (*job_work)(struct ring_dispatcher *jobs),
		   ring_dispatcher_done done, void *arg)
{
	assert(!jobs->busy);
	jobs->busy = true;
	jobs->subject = jobs->kern_dispatch;
	jobs->work = job_work;
	jobs->done = done;
	jobs->arg = arg;
	jobs->executor->submit(jobs->executor, &jobs->job);
}

static int make_work(struct ring_dispatcher *jobs)
{
	return jobs->kern->ops->dispatcher_new(jobs->kern, jobs->name, &jobs->subject);
}

void ring_dispatcher_make(struct ring_dispatcher *jobs, ring_dispatcher_done done, void *arg)
{
	submit(jobs, make_work, done, arg);
}

static int swap_work(struct ring_dispatcher *jobs)
{
	return jobs->kern->ops->dispatcher_set(jobs->subject, jobs->program);
}

static int attach_work(struct ring_dispatcher *jobs)
{
	int r = swap_work(jobs);

	if (r != 0)
		return r;
	return jobs->kern->ops->dispatcher_attach(jobs->subject, jobs->pidfd, jobs->ring_fd);
}

void ring_dispatcher_expect(struct ring_dispatcher *jobs, uint32_t sq, uint32_t cq)
{
	jobs->kern->ops->dispatcher_expect(jobs->kern_dispatch, sq, cq);
}

void ring_dispatcher_attach(struct ring_dispatcher *jobs, const struct kern_program *program,
			    int pidfd, int ring_fd, ring_dispatcher_done done, void *arg)
{
	jobs->program = program;
	jobs->pidfd = pidfd;
	jobs->ring_fd = ring_fd;
	submit(jobs, attach_work, done, arg);
}

void ring_dispatcher_swap(struct ring_dispatcher *jobs, const struct kern_program *program,
			  ring_dispatcher_done done, void *arg)
{
	jobs->program = program;
	submit(jobs, swap_work, done, arg);
}

void ring_dispatcher_take(struct ring_dispatcher *jobs, struct kern_dispatcher *kern_dispatch)
{
	assert(!jobs->busy && !jobs->kern_dispatch);
	jobs->kern_dispatch = kern_dispatch;
}

void ring_dispatcher_release(struct ring_dispatcher *jobs)
{
	assert(!jobs->busy);
	jobs->kern->ops->dispatcher_release(jobs->kern_dispatch);
	jobs->kern_dispatch = NULL;
}

static int remove_work(struct ring_dispatcher *jobs)
{
	jobs->kern->ops->dispatcher_free(jobs->subject);
	jobs->subject = NULL;
	return 0;
}

void ring_dispatcher_remove(struct ring_dispatcher *jobs, ring_dispatcher_done done, void *arg)
{
	ring_dispatcher_counts(jobs, &jobs->steps, &jobs->last_step);
	submit(jobs, remove_work, done, arg);
	jobs->kern_dispatch = NULL; /* the job unmaps its memory */
}

static volatile struct iourd_dispatch *state(const struct ring_dispatcher *jobs)
{
	if (!jobs->kern_dispatch)
		return NULL;
	return jobs->kern->ops->dispatcher_state(jobs->kern_dispatch);
}

void ring_dispatcher_pause(struct ring_dispatcher *jobs, bool pause)
{
	volatile struct iourd_dispatch *shared = state(jobs);

	if (shared)
		__atomic_store_n(&shared->pause, pause ? 1 : 0, __ATOMIC_RELEASE);
}

bool ring_dispatcher_paused(const struct ring_dispatcher *jobs)
{
	volatile struct iourd_dispatch *shared = state(jobs);

	return shared && __atomic_load_n(&shared->pause, __ATOMIC_ACQUIRE) != 0;
}

struct iourd_ledger *ring_dispatcher_ledger(const struct ring_dispatcher *jobs)
{
	if (!jobs->kern_dispatch)
		return NULL;
	return jobs->kern->ops->dispatcher_ledger(jobs->kern_dispatch);
}

uint32_t ring_dispatcher_last(const struct ring_dispatcher *jobs)
{
	volatile struct iourd_dispatch *shared = state(jobs);

	return shared ? __atomic_load_n(&shared->last, __ATOMIC_ACQUIRE) : IOURD_STEP_NONE;
}

void ring_dispatcher_counts(const struct ring_dispatcher *jobs, uint64_t *ret_steps,
			    uint64_t *ret_last_ns)
{
	volatile struct iourd_dispatch *shared = state(jobs);

	*ret_steps = shared ? __atomic_load_n(&shared->steps, __ATOMIC_RELAXED) : jobs->steps;
	*ret_last_ns =
		shared ? __atomic_load_n(&shared->last_step, __ATOMIC_RELAXED) : jobs->last_step;
}
