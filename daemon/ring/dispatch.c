/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stddef.h>

#include "ring/dispatch.h"
#include "common/container-of.h"

static void dispatch_work(struct job *job)
{
	struct dispatch *dispatch = container_of(job, struct dispatch, job);

	dispatch->result = dispatch->work(dispatch);
}

static void dispatch_worked(struct job *job)
{
	struct dispatch *dispatch = container_of(job, struct dispatch, job);

	dispatch->busy = false;
	dispatch->kern_dispatch = dispatch->subject;
	dispatch->done(dispatch->arg, dispatch->result);
}

void dispatch_init(struct dispatch *dispatch, struct kern *kern, struct executor *executor,
		   const char *name)
{
	*dispatch = (struct dispatch){
		.kern = kern,
		.executor = executor,
		.name = name,
		.job = {.work = dispatch_work, .done = dispatch_worked},
	};
}

static void submit(struct dispatch *dispatch, int (*work)(struct dispatch *dispatch),
		   dispatch_done done, void *arg)
{
	assert(!dispatch->busy);
	dispatch->busy = true;
	dispatch->subject = dispatch->kern_dispatch;
	dispatch->work = work;
	dispatch->done = done;
	dispatch->arg = arg;
	dispatch->executor->submit(dispatch->executor, &dispatch->job);
}

static int make_work(struct dispatch *dispatch)
{
	return dispatch->kern->ops->dispatch_new(dispatch->kern, dispatch->name,
						 &dispatch->subject);
}

void dispatch_make(struct dispatch *dispatch, dispatch_done done, void *arg)
{
	submit(dispatch, make_work, done, arg);
}

static int swap_work(struct dispatch *dispatch)
{
	return dispatch->kern->ops->dispatch_set(dispatch->subject, dispatch->program);
}

static int attach_work(struct dispatch *dispatch)
{
	int r = swap_work(dispatch);

	if (r != 0)
		return r;
	return dispatch->kern->ops->dispatch_attach(dispatch->subject, dispatch->pidfd,
						    dispatch->ring_fd);
}

void dispatch_attach(struct dispatch *dispatch, const struct kern_program *program, int pidfd,
		     int ring_fd, dispatch_done done, void *arg)
{
	dispatch->program = program;
	dispatch->pidfd = pidfd;
	dispatch->ring_fd = ring_fd;
	submit(dispatch, attach_work, done, arg);
}

void dispatch_swap(struct dispatch *dispatch, const struct kern_program *program,
		   dispatch_done done, void *arg)
{
	dispatch->program = program;
	submit(dispatch, swap_work, done, arg);
}

void dispatch_take(struct dispatch *dispatch, struct kern_dispatch *kern_dispatch)
{
	assert(!dispatch->busy && !dispatch->kern_dispatch);
	dispatch->kern_dispatch = kern_dispatch;
}

void dispatch_leave(struct dispatch *dispatch)
{
	assert(!dispatch->busy);
	dispatch->kern->ops->dispatch_leave(dispatch->kern_dispatch);
	dispatch->kern_dispatch = NULL;
}

static int remove_work(struct dispatch *dispatch)
{
	dispatch->kern->ops->dispatch_free(dispatch->subject);
	dispatch->subject = NULL;
	return 0;
}

void dispatch_remove(struct dispatch *dispatch, dispatch_done done, void *arg)
{
	dispatch_counts(dispatch, &dispatch->steps, &dispatch->last_step);
	submit(dispatch, remove_work, done, arg);
	dispatch->kern_dispatch = NULL; /* its memory goes with the job */
}

static volatile struct iourd_dispatch *state(const struct dispatch *dispatch)
{
	if (!dispatch->kern_dispatch)
		return NULL;
	return dispatch->kern->ops->dispatch_state(dispatch->kern_dispatch);
}

void dispatch_pause(struct dispatch *dispatch, bool pause)
{
	volatile struct iourd_dispatch *shared = state(dispatch);

	if (shared)
		__atomic_store_n(&shared->pause, pause ? 1 : 0, __ATOMIC_RELEASE);
}

bool dispatch_paused(const struct dispatch *dispatch)
{
	volatile struct iourd_dispatch *shared = state(dispatch);

	return shared && __atomic_load_n(&shared->pause, __ATOMIC_ACQUIRE) != 0;
}

struct iourd_ledger *dispatch_ledger(const struct dispatch *dispatch)
{
	if (!dispatch->kern_dispatch)
		return NULL;
	return dispatch->kern->ops->dispatch_ledger(dispatch->kern_dispatch);
}

uint32_t dispatch_last(const struct dispatch *dispatch)
{
	volatile struct iourd_dispatch *shared = state(dispatch);

	return shared ? __atomic_load_n(&shared->last, __ATOMIC_ACQUIRE) : IOURD_STEP_NONE;
}

void dispatch_counts(const struct dispatch *dispatch, uint64_t *ret_steps, uint64_t *ret_last_ns)
{
	volatile struct iourd_dispatch *shared = state(dispatch);

	*ret_steps = shared ? __atomic_load_n(&shared->steps, __ATOMIC_RELAXED) : dispatch->steps;
	*ret_last_ns = shared ? __atomic_load_n(&shared->last_step, __ATOMIC_RELAXED)
			      : dispatch->last_step;
}
