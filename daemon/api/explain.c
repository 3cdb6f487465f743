/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain.c - ExplainPolicy; rules are no secret, so everybody may ask about everybody */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/handlers.h"
#include "common/cleanup.h"
#include "policy/policy.h"

struct explanation { /* what the reply points to */
	struct wire_decision decisions[POLICY_ITEMS];
	char places[POLICY_ITEMS][POLICY_PLACE_MAX];
};

static int read_groups(const struct schema_array *texts, struct note *note, struct user *ret)
{
	_cleanup_free_ gid_t *groups = calloc(texts->n + 1, sizeof(*groups));

	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; i < texts->n; i++) {
		const char *text = ((const char *const *)texts->items)[i];
		unsigned long long group;
		char *end;

		errno = 0;
		group = strtoull(text, &end, 10);
		if (*text < '0' || *text > '9' || *end || errno || group >= (gid_t)-1)
			return fault_invalid_parameter(note, "groups", text, "numbers of groups");
		groups[i] = (gid_t)group;
	}
	ret->groups = take_ptr(groups);
	ret->n_groups = texts->n;
	return 0;
}

static void view(const struct policy_answer *answer, struct wire_decision *ret, char *place)
{
	bool is_right = answer->item < POLICY_RIGHTS;

	*ret = (struct wire_decision){
		.key = policy_keys[answer->item].name,
		.result = !is_right	  ? "limited"
			  : answer->value ? "permitted"
					  : "denied",
		.allowed = {.set = !is_right, .value = answer->value},
		.place = policy_place(answer, place),
		.file = answer->file,
		.line = {.set = answer->file != NULL, .value = answer->line},
		.rule = answer->rule,
	};
}

static int explain(struct call *call, const struct policy_client *client, const char *program)
{
	const struct policy *policy = call->api->policies->current;
	_cleanup_free_ struct explanation *explanation = calloc(1, sizeof(*explanation));
	struct policy_program asked = {.name = program};
	struct out_explain_policy out = {
		.user = client->user->uid,
		.payer = policy_payer(policy, client->user->uid),
	};
	struct program_view found;
	size_t n = 0;
	int r;

	if (!explanation)
		return -ENOMEM;
	if (program) {
		r = manager_program_find(call->api->manager, program, &call->note, &found);
		if (r != 0)
			return r;
		asked.digest = found.info ? found.info->digest : NULL;
	}
	for (int item = program ? 0 : POLICY_PROGRAMS + 1; item < POLICY_ITEMS; item++, n++) {
		struct policy_answer answer;

		policy_decide(policy, client, (enum policy_item)item, &asked, &answer);
		view(&answer, &explanation->decisions[n], explanation->places[n]);
	}
	out.decisions = (struct schema_array){.items = explanation->decisions, .n = n};
	call_reply(call, &out);
	return 0;
}

int handle_explain_policy(struct call *call, const void *input)
{
	const struct in_explain_policy *in = input;
	const struct peer *peer = &call->peer;
	struct policy_client client = policy_client_of(peer);
	_cleanup_(user_done) struct user user = {};
	int r;

	if (!in->user.set) {
		if (in->control_group)
			client.cgroup = in->control_group + (*in->control_group == '/');
		return explain(call, &client, in->program);
	}
	r = read_groups(&in->groups, &call->note, &user);
	if (r != 0)
		return r;
	user.uid = (uid_t)in->user.value;
	user.gid = in->group.set ? (gid_t)in->group.value : (gid_t)-1;
	client = (struct policy_client){.user = &user, .cgroup = ""};
	if (in->control_group)
		client.cgroup = in->control_group + (*in->control_group == '/');
	return explain(call, &client, in->program);
}
