/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policies.h"

#include <errno.h>
#include <string.h>

#include "os/config.h"
#include "os/users.h"
#include "util/log.h"

_Static_assert((int)CONFIG_WHO_ROOT == (int)WHO_ROOT && (int)CONFIG_WHO_ALL == (int)WHO_ALL &&
		       (int)CONFIG_WHO_NONE == (int)WHO_NONE,
	       "config and policy number these alike");

void policies_defaults(const struct config *config, struct policy_defaults *ret)
{
	*ret = (struct policy_defaults){
		.values =
			{
				[POLICY_PROGRAMS] = WHO_ALL,
				[POLICY_LOAD_PROGRAMS] = WHO_ROOT,
				[POLICY_PERSISTENT_RINGS] = config->persistent_rings,
				[POLICY_ADOPTED_RINGS] = config->adopted_rings,
				[POLICY_SEE_RINGS] = WHO_ROOT,
				[POLICY_STEER_RINGS] = WHO_ROOT,
				[POLICY_RINGS] = config->rings_per_user,
				[POLICY_REGION_BYTES] = config->region_bytes_per_user,
				[POLICY_ENTRIES] = config->entries_per_user,
				[POLICY_CONNECTIONS] = config->connections_per_user,
				[POLICY_DESCRIPTORS] = config->descriptors_per_user,
				[POLICY_QUEUED_BYTES] = config->queued_bytes_per_user,
				[POLICY_LOADED_PROGRAMS] = config->loaded_programs_per_user,
			},
	};
}

struct policy_d policies_source(const struct config *config, const struct policy_defaults *defaults)
{
	return (struct policy_d){
		.directory = config->policy_directory,
		.vendor_directory = config->vendor_policy_directory,
		.subordinate_uids = config->subordinate_uids,
		.defaults = defaults,
		.users = users_linux(),
	};
}

static void log_problems(const struct problems *problems, enum log_level level)
{
	for (size_t i = 0; i < problems->n && i < PROBLEMS_MAX; i++)
		log_line(level, "%s", problems->texts[i] ? problems->texts[i] : "out of memory");
	if (problems->n > PROBLEMS_MAX)
		log_line(level, "%zu further problems with the policy are not listed",
			 problems->n - PROBLEMS_MAX);
}

int policies_read(const struct policy_d *from, const char *otherwise, struct policy **ret)
{
	struct problems errors = {}, warnings = {};
	int r = policy_d_read(from, ret, &errors, &warnings);

	log_problems(&warnings, LOG_LEVEL_WARNING);
	log_problems(&errors, LOG_LEVEL_ERROR);
	if (r < 0)
		log_error("the policy in %s cannot be used%s%s; %s", from->directory,
			  r == -EINVAL ? "" : ": ", r == -EINVAL ? "" : strerror(-r), otherwise);
	problems_done(&errors);
	problems_done(&warnings);
	return r;
}
