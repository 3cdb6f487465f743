/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/ring-call.h"

#include <errno.h>
#include <stdlib.h>

#include "api/call.h"
#include "api/views.h"
#include "wire/manager.h"

int ring_call_files(const struct schema_array *files, struct ring_file **ret)
{
	const struct wire_file *items = files->items;
	struct ring_file *copies = calloc(files->n + 1, sizeof(*copies));

	if (!copies)
		return -ENOMEM;
	for (size_t i = 0; i < files->n; i++)
		copies[i] = (struct ring_file){.slot = items[i].slot, .fd = items[i].fd};
	*ret = copies;
	return 0;
}

void ring_call_reply(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct call *call = arg;
	struct wire_wait wait;
	struct out_ring out;

	if (r != 0) {
		call_fail(call, r, note);
		return;
	}
	view_ring(view, call->peer.user.uid, &wait, &out.ring);
	call_reply(call, &out);
}
