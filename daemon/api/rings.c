/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rings.c - the methods that create, control, show and destroy rings */
#include <errno.h>
#include <stdlib.h>

#include "api/context.h"
#include "api/handlers.h"
#include "api/ring-call.h"
#include "api/views.h"
#include "common/cleanup.h"

static void created(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct call *call = arg;
	struct out_create_ring out;

	if (r != 0) {
		call_fail(call, r, note);
		return;
	}
	view_ring(view, call->peer.user.uid, NULL, &out.ring);
	out.region_fd = view->region_fd;
	out.lease_fd = view->lease_fd;
	call_reply(call, &out);
}

int handle_create_ring(struct call *call, const void *input)
{
	const struct in_create_ring *in = input;
	_cleanup_free_ struct ring_file *files = NULL;
	struct ring_request request = {
		.program = in->program,
		.name = in->name,
		.n_files = in->files.n,
		.parameters = in->parameters,
		.data_bytes_set = in->data_bytes.set,
		.data_bytes = (uint64_t)in->data_bytes.value,
		.persistent = in->persistent,
		.rollback = in->rollback,
	};
	int r;

	r = ring_call_files(&in->files, &files);
	if (r < 0)
		return r;
	request.files = files;
	request.parcel = &call->parcel;
	return manager_ring_create(call->api->manager, &call->peer, &request, created, call,
				   &call->note);
}

int handle_open_ring(struct call *call, const void *input)
{
	const struct in_ring *in = input;
	struct out_open_ring out;
	struct ring_view view;
	int r;

	r = manager_ring_open(call->api->manager, &call->peer, in->ring, &call->note, &view);
	if (r != 0)
		return r;
	if (view.region_fd < 0)
		return fault_ring_busy(&call->note, in->ring, "its param region cannot be reached");
	view_ring(&view, call->peer.user.uid, NULL, &out.ring);
	out.region_fd = view.region_fd;
	call_reply(call, &out);
	return 0;
}

int handle_start_ring(struct call *call, const void *input)
{
	const struct in_ring *in = input;

	return manager_ring_start(call->api->manager, &call->peer, in->ring, ring_call_reply, call,
				  &call->note);
}

int handle_pause_ring(struct call *call, const void *input)
{
	const struct in_ring *in = input;

	return manager_ring_pause(call->api->manager, &call->peer, in->ring, ring_call_reply, call,
				  &call->note);
}

int handle_resume_ring(struct call *call, const void *input)
{
	const struct in_ring *in = input;

	return manager_ring_resume(call->api->manager, &call->peer, in->ring, ring_call_reply, call,
				   &call->note);
}

static void destroyed(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct call *call = arg;

	if (r != 0)
		call_fail(call, r, note);
	else
		call_reply_empty(call);
}

int handle_destroy_ring(struct call *call, const void *input)
{
	const struct in_ring *in = input;

	return manager_ring_destroy(call->api->manager, &call->peer, in->ring, destroyed, call,
				    &call->note);
}

int handle_clear_ring(struct call *call, const void *input)
{
	const struct in_ring *in = input;

	return manager_ring_clear(call->api->manager, &call->peer, in->ring, destroyed, call,
				  &call->note);
}

static void swapped(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct call *call = arg;
	struct out_swap_program out;

	if (r != 0) {
		call_fail(call, r, note);
		return;
	}
	out.generation = (int64_t)view->generation;
	call_reply(call, &out);
}

int handle_swap_program(struct call *call, const void *input)
{
	const struct in_swap_program *in = input;
	uint64_t expected =
		in->expected_generation.set ? (uint64_t)in->expected_generation.value : 0;

	return manager_ring_swap(call->api->manager, &call->peer, in->ring, in->program, expected,
				 swapped, call, &call->note);
}

int handle_rollback_program(struct call *call, const void *input)
{
	const struct in_rollback_program *in = input;
	uint64_t expected =
		in->expected_generation.set ? (uint64_t)in->expected_generation.value : 0;

	return manager_ring_rollback(call->api->manager, &call->peer, in->ring, expected, swapped,
				     call, &call->note);
}

int handle_list_rings(struct call *call, const void *input)
{
	const struct manager *manager = call->api->manager;
	size_t n = manager_ring_count(manager, &call->peer);
	_cleanup_free_ struct wire_ring *rings = calloc(n ? n : 1, sizeof(*rings));
	_cleanup_free_ struct wire_wait *waits = calloc(n ? n : 1, sizeof(*waits));
	struct out_list_rings out = {.rings = {.items = rings, .n = n}};

	if (!rings || !waits)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct ring_view view;

		manager_ring_at(manager, &call->peer, i, &view);
		view_ring(&view, call->peer.user.uid, &waits[i], &rings[i]);
	}
	call_reply(call, &out);
	return 0;
}

int handle_describe_ring(struct call *call, const void *input)
{
	const struct in_ring *in = input;
	struct ring_view view;
	int r;

	r = manager_ring_find(call->api->manager, &call->peer, in->ring, &call->note, &view);
	if (r == 0)
		ring_call_reply(call, 0, NULL, &view);
	return r;
}
