/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/waiting.h"

#include <inttypes.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>

#include "ring/context.h"
#include "ring/ring.h"
#include "wire/manager.h"

#define AGE_MIN_MS    1000
#define LOOK_EVERY_MS 1000

/* Of a request that waits for its file to be ready the kernel shows the operation only. */
static int slot_of_operation(const struct iourd_descriptor *made_of, int opcode)
{
	uint32_t flag;
	int slot = -1;

	switch (opcode) {
	case IORING_OP_READ:
	case IORING_OP_READV:
	case IORING_OP_READ_FIXED:
		flag = IOURD_SLOT_READ;
		break;
	case IORING_OP_WRITE:
	case IORING_OP_WRITEV:
	case IORING_OP_WRITE_FIXED:
		flag = IOURD_SLOT_WRITE;
		break;
	default:
		return -1;
	}
	for (uint32_t i = 0; i < made_of->slot_count && i < IOURD_SLOTS_MAX; i++) {
		if (!(made_of->slots[i].flags & flag))
			continue;
		if (slot >= 0)
			return -1;
		slot = (int)i;
	}
	return slot;
}

static void look(struct ring *ring, int64_t now_ms, uint64_t step_ns)
{
	const struct hosts_ops *ops = ring->context->hosts->ops;
	struct ring_look *last = &ring->look;

	if (last->looked && last->step_ns == step_ns && now_ms - last->at_ms < LOOK_EVERY_MS)
		return;
	last->looked = true;
	last->at_ms = now_ms;
	last->step_ns = step_ns;
	if (ops->suspended(ring->host))
		last->seen =
			(struct host_waits){.place = HOST_WAIT_SUSPENDED, .opcode = -1, .slot = -1};
	else if (ops->waits(ring->host, ring->ring_fd, &last->seen) < 0)
		last->seen = (struct host_waits){.opcode = -1, .slot = -1};
	if (last->seen.place == HOST_WAIT_READINESS)
		last->seen.slot = slot_of_operation(&ring->made_of, last->seen.opcode);
}

/* READ_FIXED of slot "source" */
static void word_request(const struct ring_waiting *waiting, const char *otherwise, size_t size,
			 char *text)
{
	snprintf(text, size, "%s%s%s%s", waiting->operation ?: otherwise,
		 waiting->slot ? " of slot \"" : "", waiting->slot ?: "",
		 waiting->slot ? "\"" : "");
}

static void word(struct ring_look *last, const struct ring_waiting *waiting)
{
	const uint64_t seconds = waiting->age_ns / 1000000000;
	const char *wait = waiting->requests == 1 ? "waits" : "wait";
	char request[96], function[80] = "";

	word_request(waiting,
		     waiting->place == HOST_WAIT_SUBMISSION ? "a request"
		     : waiting->requests == 1		    ? "request"
							    : "requests",
		     sizeof(request), request);
	if (waiting->function)
		snprintf(function, sizeof(function), " (%s)", waiting->function);
	switch ((enum host_wait)waiting->place) {
	case HOST_WAIT_SUBMISSION:
		snprintf(last->text, sizeof(last->text),
			 "its loop has waited for %" PRIu64 " s in the kernel%s, to submit %s",
			 seconds, function, request);
		return;
	case HOST_WAIT_READINESS:
		snprintf(last->text, sizeof(last->text),
			 "%" PRIu64 " %s %s until the file is ready; the loop has taken no step "
			 "for %" PRIu64 " s",
			 waiting->requests, request, wait, seconds);
		return;
	case HOST_WAIT_WORKER:
		snprintf(last->text, sizeof(last->text),
			 "%" PRIu64 " %s %s in worker threads of the kernel%s; the loop has taken "
			 "no step for %" PRIu64 " s",
			 waiting->requests, request, wait, function, seconds);
		return;
	case HOST_WAIT_SUSPENDED:
		snprintf(last->text, sizeof(last->text),
			 "its process is stopped or its control group is frozen; the loop has "
			 "taken no step for %" PRIu64 " s",
			 seconds);
		return;
	case HOST_WAIT_NONE:
		break;
	}
	snprintf(last->text, sizeof(last->text),
		 "%" PRIu64 " %s in flight; the loop has taken no step for %" PRIu64 " s",
		 waiting->requests, waiting->requests == 1 ? "request is" : "requests are",
		 seconds);
}

bool waiting_look(struct ring *ring, struct ring_waiting *ret)
{
	struct ring_look *last = &ring->look;
	struct ring_waiting waiting = {};
	const int64_t now_ms = clock_ms();
	uint64_t steps, step_ns;

	ring_dispatcher_counts(&ring->dispatcher, &steps, &step_ns);
	if (!ring->host || ring->host_exited || step_ns == 0 ||
	    (ring->state != RING_RUNNING && ring->state != RING_ENDING) ||
	    now_ms - (int64_t)(step_ns / 1000000) < AGE_MIN_MS)
		return false;
	look(ring, now_ms, step_ns);
	waiting.place = last->seen.place;
	waiting.age_ns = (uint64_t)now_ms * 1000000 - step_ns;
	waiting.requests = last->seen.requests;
	if (ring->region.head &&
	    (waiting.place == HOST_WAIT_NONE || waiting.place == HOST_WAIT_SUSPENDED))
		waiting.requests = ring->region.head->progress.flight;
	if (waiting.requests == 0 && waiting.place != HOST_WAIT_SUSPENDED)
		return false;
	if (last->seen.opcode >= 0)
		waiting.operation = manager_opcode_text((uint32_t)last->seen.opcode);
	if (last->seen.slot >= 0 && (uint32_t)last->seen.slot < ring->made_of.slot_count)
		waiting.slot = ring->made_of.slots[last->seen.slot].name;
	if (last->seen.function[0])
		waiting.function = last->seen.function;
	word(last, &waiting);
	waiting.text = last->text;
	*ret = waiting;
	return true;
}
