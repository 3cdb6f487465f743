/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "host/host.h"
#include "wire/manager.h"

/* ---- texts: from malloc, for ring_set_reason(); NULL: no memory ---- */

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
	va_list arguments;
	char *made;
	int n;

	va_start(arguments, format);
	n = vasprintf(&made, format, arguments);
	va_end(arguments);
	return n < 0 ? NULL : made;
}

/* "ENOSPC (No space left on device)" */
static const char *errno_text(int error, size_t size, char *buffer)
{
	const char *name = manager_errno_text(error);

	if (name)
		snprintf(buffer, size, "%s (%s)", name, strerrordesc_np(error));
	else
		snprintf(buffer, size, "error %d", error);
	return buffer;
}

static char *reason_errno(const char *what, int error)
{
	char buffer[96];

	return text("%s: %s", what, errno_text(error, sizeof(buffer), buffer));
}

static char *work_failed(const struct ring *ring, const struct iourd_progress *progress)
{
	const struct iourd_descriptor *descriptor = &program_info(ring->program)->descriptor;
	char error[96], slot[64] = "";

	errno_text(progress->error, sizeof(error), error);
	if (progress->error_slot < descriptor->slot_count)
		snprintf(slot, sizeof(slot), " of slot \"%s\"",
			 descriptor->slots[progress->error_slot].name);
	if (progress->error_offset == IOURD_NO_OFFSET)
		return text("the program failed: %s%s", error, slot);
	return text("the program failed: %s at offset %" PRIu64 "%s", error,
		    (uint64_t)progress->error_offset, slot);
}

static char *reason_finished(const struct ring *ring)
{
	struct iourd_progress progress = {};

	if (ring->region.head)
		progress = ring->region.head->progress; /* read once: it is shared memory */
	switch (progress.state) {
	case IOURD_WORK_DONE:
		return text("the program is done");
	case IOURD_WORK_STOPPED:
		return text("the program stopped: its application asked it to");
	case IOURD_WORK_FAILED:
		return work_failed(ring, &progress);
	default:
		return text("the program stopped without a reason");
	}
}

static char *reason_returned(int result, int *ret_error)
{
	*ret_error = result < 0 ? -result : EPROTO;
	switch (result) {
	case -EINVAL:
		return text("the program returned a value that is neither continue nor stop");
	case -EFAULT:
		return text("the dispatcher is no longer attached to the ring");
	case 0:
		return text("the loop ended, but no program asked for it");
	default:
		return reason_errno("io_uring_enter failed", -result);
	}
}

static char *reason_refused(enum control_stage stage, int error)
{
	char buffer[96];

	return text("its host failed at %s: %s", control_stage_text(stage),
		    errno_text(error, sizeof(buffer), buffer));
}

static char *reason_died(int code, int status)
{
	const char *name;

	if (code == 0)
		return text("its host ended");
	if (code == CLD_EXITED)
		return text("its host exited with status %d", status);
	name = sigabbrev_np(status);
	return text("its host was ended by signal %d (SIG%s)%s", status, name ?: "?",
		    code == CLD_DUMPED ? " and dumped core" : "");
}

/* ---- of events ---- */

static void explain_failed_step(struct ring *ring, const struct ring_event *event)
{
	if (event->text)
		ring_set_reason(ring, reason_errno(event->text, -event->r));
	else if (!ring->reason && event->r < 0)
		ring_set_reason(ring, strdup(strerror(-event->r)));
	if (ring->error == 0 && event->r < 0)
		ring->error = -event->r;
}

static void explain_ended_host(struct ring *ring)
{
	bool application = ring->adopted && !ring->client_gone;

	ring_set_reason(ring, strdup(application ? "its application has closed it, or is gone"
						 : "its client is gone"));
	if (application)
		ring->error = 0;
}

static void explain_failed_program(struct ring *ring, int result)
{
	/* on probation a program that reports FAILED has failed, too */
	if (result >= 0 && ring_dispatcher_last(&ring->dispatcher) == IOURD_STEP_PROGRAM)
		ring_set_reason(ring, reason_finished(ring));
	else
		ring_set_reason(ring, reason_returned(result < 0 ? result : 0, &ring->error));
}

void explain(struct ring *ring, const struct ring_event *event)
{
	switch (event->kind) {
	case REQUEST_DESTROY:
	case STOPPING:
		ring_set_reason(ring, strdup(event->text));
		break;
	case TIMED_OUT:
		ring_set_reason(ring, strdup(event->text));
		ring->error = ETIMEDOUT;
		break;
	case STEP_FAILED:
		explain_failed_step(ring, event);
		break;
	case HOST_REFUSED:
		ring_set_reason(ring, reason_refused(event->stage, event->error));
		ring->error = event->error;
		break;
	case HOST_DIED:
		ring_set_reason(ring, reason_died(event->code, event->status));
		ring->error = ECONNRESET;
		break;
	case HOST_ENDED:
		explain_ended_host(ring);
		break;
	case HOST_UNREACHABLE:
		ring_set_reason(ring, text("iouringd could not connect to its %s when it started",
					   ring->adopted ? "application" : "host"));
		break;
	case CLIENT_GONE:
		ring_set_reason(ring, strdup("its client is gone"));
		break;
	case LOOP_FINISHED:
		ring_set_reason(ring, reason_finished(ring));
		break;
	case LOOP_DETACHED:
	case PROGRAM_FAILED:
	case PROGRAM_FAILED_FALLBACK:
		explain_failed_program(ring, event->result);
		break;
	case PROGRAM_STALLED:
	case PROGRAM_STALLED_FALLBACK:
		ring_set_reason(ring, strdup("the program stands still: it takes no step, although "
					     "completions or a doorbell wait"));
		break;
	default:
		break;
	}
}
