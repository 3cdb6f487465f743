/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* adopt.c - methods for applications that create and run their own rings */
#include <errno.h>
#include <stdlib.h>

#include "api/context.h"
#include "api/handlers.h"
#include "api/ring-call.h"
#include "api/views.h"
#include "common/cleanup.h"

static void prepared(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	const char *slots[IOURD_SLOTS_MAX];
	struct call *call = arg;
	struct out_prepare_ring out;

	if (r != 0) {
		call_fail(call, r, note);
		return;
	}
	view_ring(view, call->peer.user.uid, NULL, &out.ring);
	out.region_fd = view->region_fd;
	out.lease_fd = view->lease_fd;
	out.slots =
		(struct schema_array){.items = slots, .n = view->program->descriptor.slot_count};
	for (size_t i = 0; i < out.slots.n; i++)
		slots[i] = view->program->descriptor.slots[i].name;
	call_reply(call, &out);
}

int handle_prepare_ring(struct call *call, const void *input)
{
	const struct in_prepare_ring *in = input;
	_cleanup_free_ struct ring_file *files = NULL;
	struct ring_request request = {
		.program = in->program,
		.name = in->name,
		.n_files = in->files.n,
		.parameters = in->parameters,
		.data_bytes_set = in->data_bytes.set,
		.data_bytes = (uint64_t)in->data_bytes.value,
		.rollback = in->rollback,
	};
	int r;

	r = ring_call_files(&in->files, &files);
	if (r < 0)
		return r;
	request.files = files;
	request.parcel = &call->parcel;
	return manager_ring_prepare(call->api->manager, &call->peer, &request, prepared, call,
				    &call->note);
}

int handle_adopt_ring(struct call *call, const void *input)
{
	const struct in_adopt_ring *in = input;
	const struct ring_adoption adoption = {
		.ring_fd = (int)in->ring_fd,
		.region_fd = (int)in->region_fd,
		.region_address = (uint64_t)in->region_address,
	};

	return manager_ring_adopt(call->api->manager, &call->peer, in->ring, &adoption,
				  ring_call_reply, call, &call->note);
}

int handle_report_ring(struct call *call, const void *input)
{
	const struct in_report_ring *in = input;
	struct ring_view view;
	bool pending;
	int r;

	r = manager_ring_report(call->api->manager, &call->peer, in->ring, (int)in->result,
				ring_call_reply, call, &call->note, &pending);
	if (r != 0 || pending)
		return r;
	r = manager_ring_find(call->api->manager, &call->peer, in->ring, &call->note, &view);
	if (r == 0)
		ring_call_reply(call, 0, NULL, &view);
	return r;
}
