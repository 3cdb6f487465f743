/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "os/config.h"
#include "os/rings-d.h"
#include "policies.h"
#include "policy/policy.h"

static void print(const struct problems *problems, const char *prefix)
{
	for (size_t i = 0; i < problems->n && i < PROBLEMS_MAX; i++)
		fprintf(stderr, "%s%s\n", prefix,
			problems->texts[i] ? problems->texts[i] : "out of memory");
	if (problems->n > PROBLEMS_MAX)
		fprintf(stderr, "%s%zu further problems are not listed\n", prefix,
			problems->n - PROBLEMS_MAX);
}

bool check_policy(const struct config *config)
{
	struct problems errors = {}, warnings = {};
	struct policy_defaults defaults;
	struct policy *policy = NULL;
	struct policy_d from;
	int r;

	policies_defaults(config, &defaults);
	from = policies_source(config, &defaults);
	r = policy_d_read(&from, &policy, &errors, &warnings);
	print(&warnings, "warning: ");
	print(&errors, "");
	if (r < 0 && errors.n == 0)
		fprintf(stderr, "cannot read the policy: %s\n", strerror(-r));
	policy_free(policy);
	problems_done(&errors);
	problems_done(&warnings);
	return r == 0;
}

static bool check_declarations(const struct config *config)
{
	struct declarations declarations = {};
	int r = rings_d_read(config->ring_directory, &declarations);
	bool good = r == 0;

	if (r < 0)
		fprintf(stderr, "cannot read %s: %s\n", config->ring_directory, strerror(-r));
	for (size_t i = 0; i < declarations.n; i++) {
		if (!declarations.items[i].problem)
			continue;
		fprintf(stderr, "%s\n", declarations.items[i].problem);
		good = false;
	}
	declarations_done(&declarations);
	return good;
}

bool check_files(const struct config *config)
{
	bool policy = check_policy(config), declarations = check_declarations(config);

	return policy && declarations;
}
