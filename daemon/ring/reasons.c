/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "ring/reasons.h"
#include "ring/ring.h"
#include "wire/manager.h"

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

static void explain_failed(struct ring *ring, const struct iourd_progress *progress)
{
	const struct iourd_descriptor *descriptor = &program_info(ring->program)->descriptor;
	char error[96];
	char slot[64] = "";

	errno_text(progress->error, sizeof(error), error);
	if (progress->error_slot < descriptor->slot_count)
		snprintf(slot, sizeof(slot), " of slot \"%s\"",
			 descriptor->slots[progress->error_slot].name);
	ring_explain(ring, "the program failed: %s at offset %" PRIu64 "%s", error,
		     (uint64_t)progress->error_offset, slot);
}

void reason_stopped(struct ring *ring)
{
	struct iourd_progress progress = {};

	if (ring->region.head)
		progress = ring->region.head->progress; /* read once */

	switch (progress.state) {
	case IOURD_WORK_DONE:
		ring_explain(ring, "the program is done");
		break;
	case IOURD_WORK_STOPPED:
		ring_explain(ring, "the program stopped: its application asked it to");
		break;
	case IOURD_WORK_FAILED:
		explain_failed(ring, &progress);
		break;
	default:
		ring_explain(ring, "the program stopped and did not say why");
	}
}

void reason_returned(struct ring *ring, int result)
{
	char error[96];

	ring->error = result < 0 ? -result : EPROTO;
	switch (result) {
	case -EINVAL:
		ring_explain(ring,
			     "the program returned a value that is neither continue nor stop");
		break;
	case -EFAULT:
		ring_explain(ring, "the dispatcher is no longer attached to the ring");
		break;
	case 0:
		ring_explain(ring, "the loop ended, but no program asked for it");
		break;
	default:
		ring_explain(ring, "io_uring_enter failed: %s",
			     errno_text(-result, sizeof(error), error));
	}
}

void reason_refused(struct ring *ring, const char *stage, int error)
{
	char text[96];

	ring->error = error;
	ring_explain(ring, "its host failed at %s: %s", stage,
		     errno_text(error, sizeof(text), text));
}

bool reason_exited(struct ring *ring, int code, int status)
{
	const char *name;

	if ((code == CLD_EXITED && status == 0) || ring->client_gone) {
		ring_explain(ring, "its client is gone");
		return true;
	}
	ring->error = ECONNRESET;
	if (ring->adopted) {
		ring->error = 0;
		ring_explain(ring, "its application has closed it, or is gone");
		return true;
	}
	if (code == 0) { /* no child of ours */
		ring_explain(ring, "its host ended");
		return false;
	}
	if (code == CLD_EXITED) {
		ring_explain(ring, "its host exited with status %d", status);
		return false;
	}
	name = sigabbrev_np(status);
	ring_explain(ring, "its host was ended by signal %d (SIG%s)%s", status, name ? name : "?",
		     code == CLD_DUMPED ? " and dumped core" : "");
	return false;
}
