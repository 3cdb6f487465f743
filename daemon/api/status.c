/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.c - GetStatus */
#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "api/context.h"
#include "api/handlers.h"
#include "declared/declared.h"
#include "policy/policy.h"
#include "common/cleanup.h"

static void view_capabilities(const struct kern_capability *capabilities, size_t n,
			      struct wire_capability *ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct wire_capability){
			.name = capabilities[i].name,
			.present = capabilities[i].present,
			.required = capabilities[i].required,
			.since = capabilities[i].since,
			.detail = capabilities[i].detail,
		};
}

static void view_problems(const struct declared *declared, size_t n, struct wire_problem *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct declared_problem problem;

		declared_problem_at(declared, i, &problem);
		ret[i] = (struct wire_problem){.file = problem.file, .text = problem.text};
	}
}

/* Those of @peer, and of others whose rings it may see. */
static int64_t count_connections(const struct api *api, const struct peer *peer)
{
	const struct session *session;
	int64_t n = 0;

	list_for_each(session, &api->sessions, link)
		n += manager_may_see(api->manager, peer, conn_peer(session->conn)->user.uid);
	return n;
}

static void view_limits(const struct api *api, const struct peer *peer, struct wire_limits *ret)
{
	const struct policy_client client = policy_client_of(peer);
	const struct {
		enum policy_item item;
		int64_t *to;
	} limits[] = {
		{POLICY_RINGS, &ret->rings},
		{POLICY_REGION_BYTES, &ret->region_bytes},
		{POLICY_ENTRIES, &ret->entries},
		{POLICY_CONNECTIONS, &ret->connections},
		{POLICY_DESCRIPTORS, &ret->descriptors},
		{POLICY_QUEUED_BYTES, &ret->queued_bytes},
		{POLICY_LOADED_PROGRAMS, &ret->programs},
	};
	struct policy_answer answer;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		policy_decide(api->policies->current, &client, limits[i].item, NULL, &answer);
		*limits[i].to = answer.value;
	}
}

int handle_get_status(struct call *call, const void *input)
{
	const struct api *api = call->api;
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
	if (call->peer.user.uid == 0) /* problems name files of other users */
		out.problems.n = declared_problem_count(api->declared);
	problems = calloc(out.problems.n + 1, sizeof(*problems));
	if (!problems)
		return -ENOMEM;
	view_problems(api->declared, out.problems.n, problems);
	out.problems.items = problems;
	view_limits(api, &call->peer, &out.limits);
	out.kernel = kernel.release;
	out.ready = !kern_missing_capability(api->kern);
	view_capabilities(capabilities, n, views);
	out.capabilities = (struct schema_array){.items = views, .n = n};
	out.rings = (int64_t)manager_ring_count(api->manager, &call->peer);
	out.pinned_bytes = (int64_t)manager_pinned_bytes(api->manager, &call->peer);
	out.programs = (int64_t)manager_program_count(api->manager);
	out.connections = count_connections(api, &call->peer);
	call_reply(call, &out);
	return 0;
}
