/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/views.h"

#include <string.h>

static const char *const ring_states[] = {
	[RING_CREATING] = "creating", [RING_CREATED] = "created", [RING_RUNNING] = "running",
	[RING_PAUSED] = "paused",     [RING_STOPPED] = "stopped", [RING_FAILED] = "failed",
	[RING_ENDING] = "ending",
};

static const char *const program_states[] = {
	[PROGRAM_AVAILABLE] = "available",
	[PROGRAM_LOADING] = "loading",
	[PROGRAM_LOADED] = "loaded",
	[PROGRAM_REJECTED] = "rejected",
};

/* 64-bit numbers that clients and programs write; the wire's are signed. */
static int64_t wire_number(uint64_t number)
{
	return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

/* The progress that the program reports; it and the application may write anything there. */
static void view_work(const struct iourd_progress *progress,
		      const struct iourd_descriptor *descriptor, struct wire_work *ret)
{
	*ret = (struct wire_work){
		.state = manager_work_state_text(progress->state),
		.done = wire_number(progress->done),
		.total = wire_number(progress->total),
		.unit = manager_unit_text(descriptor->progress_unit),
		.in_flight = progress->flight,
		.contiguous = wire_number(progress->contiguous),
	};
	if (progress->error == 0)
		return;
	ret->error = manager_errno_text(progress->error);
	ret->error_operation = manager_opcode_text(progress->error_op);
	ret->error_offset.set = progress->error_offset != IOURD_NO_OFFSET;
	ret->error_offset.value = wire_number(progress->error_offset);
	if (progress->error_slot < descriptor->slot_count)
		ret->error_slot = descriptor->slots[progress->error_slot].name;
}

static void view_wait(const struct ring_waiting *waiting, struct wire_wait *wait,
		      struct wire_ring *ret)
{
	static const char *const places[] = {
		[HOST_WAIT_NONE] = "elsewhere",	     [HOST_WAIT_SUBMISSION] = "submission",
		[HOST_WAIT_READINESS] = "readiness", [HOST_WAIT_WORKER] = "worker",
		[HOST_WAIT_SUSPENDED] = "suspended",
	};

	if (!waiting->text || !wait)
		return;
	*wait = (struct wire_wait){
		.place = places[waiting->place],
		.age = wire_number(waiting->age_ns / 1000),
		.requests = wire_number(waiting->requests),
		.operation = waiting->operation,
		.slot = waiting->slot,
		.function = waiting->function,
		.text = waiting->text,
	};
	ret->waits = (struct schema_array){.items = wait, .n = 1};
}

void view_ring(const struct ring_view *view, uid_t reader, struct wire_wait *wait,
	       struct wire_ring *ret)
{
	const struct iourd_descriptor *descriptor = &view->program->descriptor;

	/* no user name: the look-up may be slow, and the reader can do it */
	*ret = (struct wire_ring){
		.name = ring_title_for(&view->title, reader),
		.program = descriptor->name,
		.program_version = descriptor->version,
		.state = ring_states[view->state],
		.reason = view->reason,
		.user = view->uid,
		.generation = wire_number(view->generation),
		.kind = view->adopted ? "adopted" : "hosted",
		.persistent = view->persistent,
		.probation = view->on_probation,
		.fallback = view->fallback,
		.rollback = view->rollback,
		.declared = view->declared,
		.note = view->note,
		.process = view->pid,
		.created = wire_number(view->created_us),
		.steps = wire_number(view->steps),
		.last_step = {.set = view->last_step_ns != 0,
			      .value = wire_number(view->last_step_ns / 1000)},
		.region_bytes = wire_number(view->region_size),
		.data_bytes = wire_number(view->data_size),
		.submission_entries = view->sq_entries,
		.completion_entries = view->cq_entries,
	};
	view_work(&view->progress, descriptor, &ret->work);
	view_wait(&view->waiting, wait, ret);
}

void view_program(const struct program_view *view, char digest[SHA256_TEXT_SIZE],
		  struct wire_program *ret)
{
	digest[0] = '\0';
	*ret = (struct wire_program){
		.name = view->name,
		.summary = "",
		.state = program_states[view->state],
		.reason = view->reason,
		.shipped = view->shipped,
		.digest = digest,
		.rings = (int64_t)view->rings,
	};
	if (!view->info) /* its object is not open yet, or cannot be opened */
		return;
	ret->version = view->info->descriptor.version;
	ret->summary = view->info->descriptor.summary;
	sha256_text(view->info->digest, digest);
}
