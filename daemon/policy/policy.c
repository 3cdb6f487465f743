/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy.c - the first rule that matches the client and mentions the item */
#include "policy/policy.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules.h"
#include "util/cgroup.h"
#include "wire/fault.h"

#define UNIT_MAX 256 /* as of systemd */

const struct policy_key policy_keys[POLICY_ITEMS] = {
	[POLICY_PROGRAMS] = {"programs"},
	[POLICY_LOAD_PROGRAMS] = {"loadPrograms"},
	[POLICY_PERSISTENT_RINGS] = {"persistentRings"},
	[POLICY_ADOPTED_RINGS] = {"adoptedRings"},
	[POLICY_SEE_RINGS] = {"seeOthersRings"},
	[POLICY_STEER_RINGS] = {"steerOthersRings"},
	[POLICY_RINGS] = {"ringsPerUser", 65536},
	[POLICY_REGION_BYTES] = {"regionBytesPerUser", 1ll << 40},
	[POLICY_ENTRIES] = {"submissionEntriesPerUser", 1ll << 24},
	[POLICY_CONNECTIONS] = {"connectionsPerUser", 4096},
	[POLICY_DESCRIPTORS] = {"descriptorsPerUser", 1ll << 20},
	[POLICY_QUEUED_BYTES] = {"queuedBytesPerUser", 1ll << 40},
	[POLICY_LOADED_PROGRAMS] = {"loadedProgramsPerUser", 65536},
};

_Static_assert((int)POLICY_DESCRIPTORS - (int)POLICY_COUNTED == (int)USAGE_DESCRIPTORS &&
		       (int)POLICY_QUEUED_BYTES - (int)POLICY_COUNTED == (int)USAGE_BYTES &&
		       (int)POLICY_LOADED_PROGRAMS - (int)POLICY_COUNTED == (int)USAGE_PROGRAMS &&
		       (int)POLICY_ITEMS - (int)POLICY_COUNTED == (int)USAGE_KINDS,
	       "each kind of usage has its quota");

int policy_new(const struct policy_defaults *defaults, struct policy **ret)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return -ENOMEM;
	policy->defaults = *defaults;
	*ret = policy;
	return 0;
}

static void names_done(struct policy_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i].text);
	free(names->items);
}

void policy_rule_done(struct policy_rule *rule)
{
	names_done(&rule->users);
	names_done(&rule->groups);
	names_done(&rule->units);
	names_done(&rule->cgroups);
	free(rule->programs);
	free(rule->name);
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->n_rules; i++)
		policy_rule_done(&policy->rules[i]);
	free(policy->rules);
	for (size_t i = 0; i < policy->n_files; i++)
		free(policy->files[i]);
	free(policy->files);
	owners_done(&policy->owners);
	free(policy);
}

/* ---- which rules match ---- */

static bool has_id(const struct policy_names *names, uint32_t id)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->items[i].known && names->items[i].id == id)
			return true;
	return false;
}

static bool matches_group(const struct policy_names *names, const struct user *user)
{
	if (!names->items || has_id(names, user->gid))
		return true;
	for (size_t i = 0; i < user->n_groups; i++)
		if (has_id(names, user->groups[i]))
			return true;
	return false;
}

static bool matches_unit(const struct policy_names *names, const char *cgroup)
{
	char unit[UNIT_MAX];

	if (!names->items)
		return true;
	if (!cgroup_unit(cgroup, sizeof(unit), unit))
		return false;
	for (size_t i = 0; i < names->n; i++)
		if (fnmatch(names->items[i].text, unit, 0) == 0)
			return true;
	return false;
}

/* The group itself, or one below it. */
static bool matches_cgroup(const struct policy_names *names, const char *cgroup)
{
	if (!names->items)
		return true;
	for (size_t i = 0; i < names->n; i++) {
		const char *path = names->items[i].text + (names->items[i].text[0] == '/');
		size_t n = strlen(path);

		if (n == 0 ||
		    (strncmp(path, cgroup, n) == 0 && (cgroup[n] == '\0' || cgroup[n] == '/')))
			return true;
	}
	return false;
}

enum match { NO_MATCH, MATCH, UNKNOWN };

static enum match match(const struct policy_rule *rule, const struct user *user, const char *cgroup)
{
	if (rule->users.items && !has_id(&rule->users, user->uid))
		return NO_MATCH;
	if (!matches_group(&rule->groups, user))
		return NO_MATCH;
	if (!rule->units.items && !rule->cgroups.items)
		return MATCH;
	if (!cgroup)
		return UNKNOWN;
	return matches_unit(&rule->units, cgroup) && matches_cgroup(&rule->cgroups, cgroup)
		       ? MATCH
		       : NO_MATCH;
}

/* ---- what they say ---- */

/* A rule with a list of programs decides about all programs: others are denied. */
static bool permits(const struct policy_rule *rule, const struct policy_program *program)
{
	for (size_t i = 0; i < rule->n_programs; i++) {
		const struct policy_entry *entry = &rule->programs[i];

		if (entry->name[0] && strcmp(entry->name, program->name) != 0)
			continue;
		if (!entry->pinned)
			return !entry->denied;
		if (program->digest ? memcmp(entry->digest, program->digest, SHA256_SIZE) == 0
				    : entry->denied)
			return !entry->denied;
	}
	return false;
}

static int64_t default_value(const struct policy *policy, const struct user *user,
			     enum policy_item item)
{
	int64_t value = policy->defaults.values[item];

	if (item >= POLICY_RIGHTS)
		return value;
	return value == WHO_ALL || (value == WHO_ROOT && user->uid == 0);
}

/* root can always end what runs, and load what is needed to. */
static bool is_roots(const struct user *user, enum policy_item item)
{
	return user->uid == 0 && (item == POLICY_LOAD_PROGRAMS || item == POLICY_SEE_RINGS ||
				  item == POLICY_STEER_RINGS);
}

static void decide_for(const struct policy *policy, const struct user *user, const char *cgroup,
		       enum policy_item item, const struct policy_program *program,
		       struct policy_answer *ret)
{
	*ret = (struct policy_answer){
		.item = item,
		.value = is_roots(user, item) ? 1 : default_value(policy, user, item),
	};
	for (size_t i = 0; i < policy->n_rules && !is_roots(user, item); i++) {
		const struct policy_rule *rule = &policy->rules[i];
		const struct policy_setting *setting = &rule->settings[item];
		enum match matched = setting->set ? match(rule, user, cgroup) : NO_MATCH;

		if (matched == NO_MATCH)
			continue;
		ret->file = rule->file;
		ret->rule = rule->name;
		ret->line = setting->line;
		if (matched == UNKNOWN)
			ret->value = 0;
		else if (item == POLICY_PROGRAMS)
			ret->value = permits(rule, program);
		else
			ret->value = setting->value;
		return;
	}
}

void policy_decide(const struct policy *policy, const struct policy_client *client,
		   enum policy_item item, const struct policy_program *program,
		   struct policy_answer *ret)
{
	const struct owner_range *range = owners_find(&policy->owners, client->user->uid);
	struct policy_answer owner;

	decide_for(policy, client->user, client->cgroup, item, program, ret);
	if (!range || !range->known)
		return;
	decide_for(policy, &range->user, client->cgroup, item, program, &owner);
	if (owner.value >= ret->value)
		return;
	*ret = owner;
	ret->subordinate = true;
}

int policy_fits(const struct policy_answer *limit, uint64_t used, uint64_t more, struct note *note)
{
	uint64_t value = (uint64_t)limit->value;
	char place[POLICY_PLACE_MAX];

	/* does not overflow for any numbers */
	if (used <= value && more <= value - used)
		return 0;
	return fault_quota_exceeded(note, policy_keys[limit->item].name, value,
				    policy_place(limit, place));
}

int policy_charge(const struct policy *policy, const struct policy_client *client, uint64_t more,
		  struct note *note, struct usage_charge *charge)
{
	struct policy_answer limit;
	int r;

	policy_decide(policy, client, POLICY_COUNTED + (enum policy_item)charge->kind, NULL,
		      &limit);
	r = policy_fits(&limit, usage_total(charge), more, note);
	if (r == 0)
		usage_set(charge, charge->n + more);
	return r;
}

uid_t policy_payer(const struct policy *policy, uid_t uid)
{
	const struct owner_range *range = owners_find(&policy->owners, uid);

	if (!range)
		return uid;
	return range->known ? range->user.uid : range->first;
}

/* ---- what is said about it ---- */

static const char *default_place(enum policy_item item)
{
	switch (item) {
	case POLICY_PROGRAMS:
	case POLICY_LOAD_PROGRAMS:
	case POLICY_SEE_RINGS:
	case POLICY_STEER_RINGS:
		return "the built-in default";
	default:
		return "iouringd.conf";
	}
}

const char *policy_place(const struct policy_answer *answer, char buffer[POLICY_PLACE_MAX])
{
	if (!answer->file)
		snprintf(buffer, POLICY_PLACE_MAX, "%s", default_place(answer->item));
	else if (answer->rule)
		snprintf(buffer, POLICY_PLACE_MAX, "%s:%u (rule \"%s\")", answer->file,
			 answer->line, answer->rule);
	else
		snprintf(buffer, POLICY_PLACE_MAX, "%s:%u", answer->file, answer->line);
	return buffer;
}

int policy_refuse(const struct policy_answer *answer, const char *what, struct note *note)
{
	char place[POLICY_PLACE_MAX], reason[POLICY_PLACE_MAX + 128];

	snprintf(reason, sizeof(reason), "%s in %s does not permit %s%s",
		 policy_keys[answer->item].name, policy_place(answer, place), what,
		 answer->subordinate ? " to the owner of this subordinate uid" : "");
	return fault_not_permitted(note, reason);
}
