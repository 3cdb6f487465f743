/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* programs.c - ListPrograms, UnloadProgram */
#include <errno.h>
#include <stdlib.h>

#include "api/context.h"
#include "api/handlers.h"
#include "api/views.h"
#include "common/cleanup.h"

int handle_list_programs(struct call *call, const void *input)
{
	const struct manager *manager = call->api->manager;
	size_t n = manager_program_count(manager);
	_cleanup_free_ struct wire_program *programs = calloc(n ? n : 1, sizeof(*programs));
	_cleanup_free_ char(*digests)[SHA256_TEXT_SIZE] = calloc(n ? n : 1, sizeof(*digests));
	struct out_list_programs out = {.programs = {.items = programs, .n = n}};

	if (!programs || !digests)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct program_view view;

		manager_program_at(manager, i, &view);
		view_program(&view, digests[i], &programs[i]);
	}
	call_reply(call, &out);
	return 0;
}

int handle_unload_program(struct call *call, const void *input)
{
	const struct in_program *in = input;
	int r;

	r = manager_program_unload(call->api->manager, &call->peer, in->program, &call->note);
	if (r == 0)
		call_reply_empty(call);
	return r;
}
