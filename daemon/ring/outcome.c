/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/outcome.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ring/context.h"
#include "ring/swap-check.h"

static uint32_t work_state(const struct ring *ring)
{
	return ring->region.head
		       ? __atomic_load_n(&ring->region.head->progress.state, __ATOMIC_ACQUIRE)
		       : IOURD_WORK_IDLE;
}

bool outcome_work_over(const struct ring *ring)
{
	uint32_t state = work_state(ring);

	return state == IOURD_WORK_DONE || state == IOURD_WORK_STOPPED ||
	       state == IOURD_WORK_FAILED;
}

/* May the fallback replace the program, unasked and now? */
static bool may_fall_back(struct ring *ring)
{
	const struct probation *probation = &ring->probation;
	struct note note = {};
	int r;

	if (!probation->fallback || !(probation->on || ring->rollback) || probation->in_backoff ||
	    ring->state != RING_RUNNING || ring->operation.step != STEP_NONE ||
	    ring->context->stopping)
		return false;
	/* the application may have changed what the fallback needs */
	r = program_usable(probation->fallback, &note);
	if (r == 0)
		r = swap_check(ring, program_info(probation->fallback), &note);
	note_done(&note);
	return r == 0;
}

/* @kind, or the next one, which is the same with a fallback. */
static struct ring_event program_event(struct ring *ring, enum ring_event_kind kind, int result)
{
	struct ring_event event = {.kind = kind, .result = result};

	if (may_fall_back(ring)) {
		event.kind++;
		event.cause = CAUSE_FAILURE;
		event.program = ring->probation.fallback;
	}
	return event;
}

struct ring_event outcome_returned(struct ring *ring, int result)
{
	uint32_t last = ring_dispatcher_last(&ring->dispatcher);
	bool failed = ring->probation.on && work_state(ring) == IOURD_WORK_FAILED;

	if (result >= 0 && last == IOURD_STEP_PAUSED)
		return (struct ring_event){.kind = LOOP_PAUSED};
	if (result >= 0 && last == IOURD_STEP_PROGRAM && !failed)
		return (struct ring_event){.kind = LOOP_FINISHED};
	if (result == -EFAULT)
		return (struct ring_event){.kind = LOOP_DETACHED, .result = result};
	return program_event(ring, PROGRAM_FAILED, result);
}

_Static_assert(PROGRAM_FAILED_FALLBACK == PROGRAM_FAILED + 1 &&
		       PROGRAM_STALLED_FALLBACK == PROGRAM_STALLED + 1,
	       "program_event() counts on it");

struct ring_event outcome_stalled(struct ring *ring)
{
	return program_event(ring, PROGRAM_STALLED, 0);
}

/* What all hosted rings pin is locked memory of root: the service's limit of that is too small. */
static int fault_locked_memory(struct note *note)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -ENOMEM;
	return fault_quota_exceeded(note, "lockedMemory", limit.rlim_cur, NULL);
}

static int fault_tasks(struct note *note)
{
	return fault_not_permitted(note,
				   "the client has no task left for its ring's host, which needs "
				   "two: raise TasksMax= of its unit or slice, or its "
				   "RLIMIT_NPROC");
}

/* The settings were changed while the ring was made, or name a group. */
static int fault_disabled(struct note *note)
{
	return fault_not_permitted(note,
				   "the kernel lets the client's user make no io_uring: see the "
				   "settings kernel.io_uring_disabled and kernel.io_uring_group");
}

struct ring_event outcome_refused(enum control_stage stage, int error, struct note *note)
{
	struct ring_event event = {
		.kind = HOST_REFUSED,
		.stage = stage,
		.error = error,
		.r = -error,
		.note = note,
	};

	if (error == ENOMEM &&
	    (stage == STAGE_RING || stage == STAGE_REGION || stage == STAGE_BUFFERS))
		event.r = fault_locked_memory(note);
	else if (error == EPERM && stage == STAGE_RING)
		event.r = fault_disabled(note);
	else if (error == EAGAIN && stage == STAGE_THREAD)
		event.r = fault_tasks(note);
	return event;
}

struct ring_event outcome_exited(const struct ring *ring, int code, int status)
{
	bool ended = (code == CLD_EXITED && status == 0) || ring->client_gone || ring->adopted;

	return (struct ring_event){
		.kind = ended ? HOST_ENDED : HOST_DIED,
		.code = code,
		.status = status,
	};
}
