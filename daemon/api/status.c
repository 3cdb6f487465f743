/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.c - GetStatus */
#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "api/context.h"
#include "api/handlers.h"
#include "common/cleanup.h"

static bool view_capabilities(const struct kern_capability *capabilities, size_t n,
			      struct wire_capability *ret)
{
	bool ready = true;

	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct wire_capability){
			.name = capabilities[i].name,
			.present = capabilities[i].present,
			.required = capabilities[i].required,
			.since = capabilities[i].since,
			.detail = capabilities[i].detail,
		};
		ready = ready && (capabilities[i].present || !capabilities[i].required);
	}
	return ready;
}

static void view_problems(const struct manager *manager, size_t n, struct wire_problem *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct problem_view view;

		manager_problem_at(manager, i, &view);
		ret[i] = (struct wire_problem){.file = view.file, .text = view.text};
	}
}

int handle_get_status(struct call *call, const void *input)
{
	const struct api *api = call->api;
	const struct peer everybody = {.uid = 0};
	const struct kern_capability *capabilities;
	_cleanup_free_ struct wire_capability *views = NULL;
	_cleanup_free_ struct wire_problem *problems = NULL;
	struct out_get_status out = {.version = IOURINGD_VERSION, .limits = api->limits};
	struct utsname kernel;
	size_t n;

	if (uname(&kernel) < 0)
		return -errno;
	capabilities = api->kern->ops->capabilities(api->kern, &n);
	views = calloc(n ? n : 1, sizeof(*views));
	if (!views)
		return -ENOMEM;
	if (call->peer.uid == 0) /* they name other people's files */
		out.problems.n = manager_problem_count(api->manager);
	problems = calloc(out.problems.n + 1, sizeof(*problems));
	if (!problems)
		return -ENOMEM;
	view_problems(api->manager, out.problems.n, problems);
	out.problems.items = problems;
	out.kernel = kernel.release;
	out.ready = view_capabilities(capabilities, n, views);
	out.capabilities = (struct schema_array){.items = views, .n = n};
	out.rings = (int64_t)manager_ring_count(api->manager, &everybody);
	out.programs = (int64_t)manager_program_count(api->manager);
	out.connections = (int64_t)api->n_sessions;
	call_answer(call, &out);
	return 0;
}
