/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* programs.c - ListPrograms, LoadProgram, UnloadProgram */
#include <errno.h>
#include <stdlib.h>

#include "api/context.h"
#include "api/handlers.h"
#include "api/views.h"
#include "common/cleanup.h"
#include "util/log-record.h"

int handle_list_programs(struct call *call, const void *input)
{
	const struct manager *manager = call->api->manager;
	size_t n = manager_program_count(manager);
	_cleanup_free_ struct wire_program *programs = calloc(n ? n : 1, sizeof(*programs));
	_cleanup_free_ char(*digests)[DIGEST_TEXT_SIZE] = calloc(n ? n : 1, sizeof(*digests));
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

static void record_load(const struct call *call, const struct program_view *view)
{
	const struct in_load_program *in = call->input;
	struct log_record record;

	if (in->check_only)
		return;
	log_record_begin(&record, LOG_LEVEL_INFO, LOG_ID_PROGRAM_LOADED,
			 "user %u loaded program \"%s\"", (unsigned int)call->peer.user.uid,
			 view->name);
	log_record_text(&record, "PROGRAM", view->name);
	log_record_digest(&record, view->info->digest, SHA256_SIZE);
	log_record_number(&record, "USER_ID", call->peer.user.uid);
	log_record_client(&record, call->peer.pid, call->session ? call->peer.cgroup : NULL);
	log_record_send(&record);
}

static void loaded(void *arg, int r, const struct note *note, const struct program_view *view)
{
	struct call *call = arg;
	struct out_load_program out;
	char digest[DIGEST_TEXT_SIZE];

	if (r != 0) {
		call_fail(call, r, note);
		return;
	}
	record_load(call, view);
	view_program(view, digest, &out.program);
	call_reply(call, &out);
}

int handle_load_program(struct call *call, const void *input)
{
	const struct in_load_program *in = input;

	return manager_program_load(call->api->manager, &call->peer, in->object_fd, in->check_only,
				    loaded, call, &call->note);
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
