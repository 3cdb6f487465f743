/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake/policies_fake.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules.h"

void policies_fake_defaults(struct policy_defaults *ret)
{
	*ret = (struct policy_defaults){
		.values =
			{
				[POLICY_PROGRAMS] = WHO_ALL,
				[POLICY_ADOPTED_RINGS] = WHO_ALL,
			},
	};
	for (int i = POLICY_RIGHTS; i < POLICY_ITEMS; i++)
		ret->values[i] = policy_keys[i].maximum;
}

void policies_fake_set(struct policies *policies, const struct policy_defaults *defaults,
		       const char *rules)
{
	struct problems problems = {};
	struct policy *policy;

	if (policy_new(defaults, &policy) < 0)
		abort();
	if (rules && policy_parse(policy, "test.conf", rules, strlen(rules), &problems) < 0)
		abort();
	if (problems.n > 0) {
		fprintf(stderr, "%s\n", problems.texts[0]);
		abort();
	}
	policy_free(policies->current);
	policies->current = policy;
}

void policies_fake_done(struct policies *policies)
{
	assert(!policies->usages.first);
	policy_free(policies->current);
	policies->current = NULL;
}
