/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules.h - the content of a policy, for those that make one */
#ifndef DAEMON_POLICY_RULES_H
#define DAEMON_POLICY_RULES_H

#include "iourd/abi.h"
#include "policy/owners.h"
#include "policy/policy.h"
#include "policy/problems.h"

#define POLICY_RULES_MAX   1024 /* of all files */
#define POLICY_ENTRIES_MAX 256	/* of one list in a rule */

struct policy_name { /* of a user or group, a pattern for units, or a control group */
	char *text;
	unsigned int line;
	bool known; /* of a user or group, once it was looked up: @id is valid */
	uint32_t id;
};

struct policy_names {
	struct policy_name *items; /* NULL: the rule has no such list, and matches all */
	size_t n;
};

struct policy_entry {		   /* of the list of programs */
	char name[IOURD_NAME_MAX]; /* empty: any */
	bool denied;
	bool pinned;
	uint8_t digest[SHA256_SIZE];
};

struct policy_setting {
	bool set;
	unsigned int line;
	int64_t value;
};

struct policy_rule {
	const char *file; /* borrowed from the policy */
	unsigned int line;
	char *name; /* or NULL */
	struct policy_names users, groups, units, cgroups;
	struct policy_entry *programs;
	size_t n_programs;
	struct policy_setting settings[POLICY_ITEMS];
};

struct policy {
	struct policy_defaults defaults;
	char **files;
	size_t n_files;
	struct policy_rule *rules;
	size_t n_rules;
	struct owners owners;
};

/*
 * Adds the rules in @text, the content of @file. What is wrong is added to @problems; the policy
 * must then not be used. 0, or -ENOMEM.
 */
int policy_parse(struct policy *policy, const char *file, const char *text, size_t size,
		 struct problems *problems);

void policy_rule_done(struct policy_rule *rule);

#endif
