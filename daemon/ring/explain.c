/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/explain.h"

#include <errno.h>
#include <string.h>

#include "ring/reasons.h"

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
