/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads any bytes as a file of rules, and as the owners of subordinate uids.
 *
 * Input: the file; one that starts with 'S' has owners.
 */
#include "budget.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules.h"
#include "wire/fault.h"

#define WORK_BASE     100000u
#define WORK_OF_BYTE  1000u
#define BYTES_BASE    65536
#define BYTES_OF_BYTE 1000

#define ALICE	      1000u
#define BOB	      1001u
#define SUB	      100000u /* and the 9 above: subordinate to alice */

/* Makes up who owns the ranges: as os/policy-d, but without a machine's users. */
static void find_owners(struct owners *owners)
{
	for (size_t i = 0; i < owners->n; i++) {
		struct owner_range *range = &owners->ranges[i];

		range->known = strcmp(range->name, "alice") == 0;
		if (range->known)
			range->user = (struct user){.uid = ALICE, .gid = ALICE};
	}
}

static struct policy *make(void)
{
	static const char subuid[] = "alice:100000:10\nroot:200000:10\n";
	struct policy_defaults defaults = {};
	struct problems problems = {};
	struct policy *policy;

	for (int i = 0; i < POLICY_ITEMS; i++)
		defaults.values[i] = i < POLICY_RIGHTS ? i % 3 : policy_keys[i].maximum;
	MUST(policy_new(&defaults, &policy) == 0);
	MUST(owners_parse(&policy->owners, "subuid", subuid, strlen(subuid), &problems) == 0);
	MUST(problems.n == 0);
	find_owners(&policy->owners);
	return policy;
}

static unsigned int count_lines(const char *text, size_t size)
{
	unsigned int n = 1;

	for (size_t i = 0; i < size; i++)
		n += text[i] == '\n';
	return n;
}

/* Each names a line of the file. */
static void check_problems(const struct problems *problems, const char *text, size_t size)
{
	const size_t prefix = strlen("p.conf:");
	unsigned int lines = count_lines(text, size);

	for (size_t i = 0; i < problems->n && i < PROBLEMS_MAX; i++) {
		const char *problem = problems->texts[i];
		unsigned long line;
		char *end;

		MUST(problem && strncmp(problem, "p.conf:", prefix) == 0);
		line = strtoul(problem + prefix, &end, 10);
		MUST(line >= 1 && line <= lines && strncmp(end, ": ", 2) == 0 && end[2]);
	}
}

/* ---- decisions ---- */

static void check_answer(const struct policy_answer *answer, unsigned int lines)
{
	char place[POLICY_PLACE_MAX];

	if (answer->item < POLICY_RIGHTS)
		MUST(answer->value == 0 || answer->value == 1);
	else
		MUST(answer->value >= 0 && answer->value <= policy_keys[answer->item].maximum);
	MUST((answer->file != NULL) == (answer->line != 0));
	MUST(!answer->rule || answer->file);
	MUST(answer->line <= lines);
	MUST(strlen(policy_place(answer, place)) < sizeof(place));
	MUST(!answer->file || strncmp(place, "p.conf:", 7) == 0);
}

/* What was decided holds: a right is refused or not, and a quota has room for so much. */
static void check_use(const struct policy *policy, const struct policy_client *client,
		      const struct policy_answer *answer)
{
	struct usage_charge charge = {};
	struct usages usages = {};
	struct note note = {};

	if (answer->item < POLICY_RIGHTS) {
		MUST(policy_refuse(answer, "it", &note) == FAULT_NOT_PERMITTED);
		MUST(strstr(note.texts[0], policy_keys[answer->item].name));
	} else {
		MUST(policy_fits(answer, 0, (uint64_t)answer->value, &note) == 0);
		MUST(policy_fits(answer, 1, (uint64_t)answer->value, &note) ==
		     FAULT_QUOTA_EXCEEDED);
		MUST(strcmp(note.texts[0], policy_keys[answer->item].name) == 0);
	}
	if (answer->item >= POLICY_COUNTED) {
		MUST(usage_begin(&usages, ALICE, (enum usage_kind)(answer->item - POLICY_COUNTED),
				 &charge) == 0);
		MUST(policy_charge(policy, client, (uint64_t)answer->value, NULL, &charge) == 0);
		MUST(policy_charge(policy, client, 1, NULL, &charge) == FAULT_QUOTA_EXCEEDED);
		usage_end(&charge);
		MUST(!usages.first);
	}
	note_done(&note);
}

static int64_t decide(const struct policy *policy, const struct policy_client *client,
		      enum policy_item item, unsigned int lines)
{
	static const uint8_t digest[SHA256_SIZE] = {0x00, 0x11, 0x22, 0x33};
	static const struct policy_program programs[] = {{"copy", digest}, {"nop", NULL}};
	struct policy_answer answer;
	int64_t sum = 0;

	for (size_t i = 0; i < (item == POLICY_PROGRAMS ? 2 : 1); i++) {
		policy_decide(policy, client, item, &programs[i], &answer);
		MUST(answer.item == item);
		check_answer(&answer, lines);
		check_use(policy, client, &answer);
		sum += answer.value;
	}
	return sum;
}

/* A subordinate uid has no more than its owner, in the same control group. */
static void decide_all(const struct policy *policy, unsigned int lines,
		       int64_t values[POLICY_ITEMS])
{
	static const char *const cgroups[] = {NULL, "", "system.slice/a@1.service/inner"};
	static const uid_t uids[] = {0, BOB, ALICE, SUB, SUB + 1, 200000};
	gid_t groups[] = {27, 44};

	for (int item = 0; item < POLICY_ITEMS; item++)
		values[item] = 0;
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]) * 3; i++) {
		const struct user user = {.uid = uids[i / 3],
					  .gid = uids[i / 3],
					  .groups = groups,
					  .n_groups = i % 2 ? 2 : 0};
		const struct user owner = {.uid = ALICE, .gid = ALICE};
		const struct policy_client client = {.user = &user, .cgroup = cgroups[i % 3]};
		const struct policy_client alice = {.user = &owner, .cgroup = cgroups[i % 3]};

		for (int item = 0; item < POLICY_ITEMS; item++) {
			int64_t value = decide(policy, &client, (enum policy_item)item, lines);

			if (user.uid >= SUB && user.uid < SUB + 10)
				MUST(value <=
				     decide(policy, &alice, (enum policy_item)item, lines));
			values[item] += value / 64; /* does not overflow */
		}
	}
}

/* Rules that were there before decide: the same ones again change nothing. */
static void read_rules(const char *text, size_t size)
{
	int64_t once[POLICY_ITEMS], twice[POLICY_ITEMS];
	unsigned int lines = count_lines(text, size);
	struct policy *policy = make();
	struct problems problems = {};

	MUST(policy_parse(policy, "p.conf", text, size, &problems) == 0);
	check_problems(&problems, text, size);
	MUST(policy->n_rules <= POLICY_RULES_MAX);
	if (problems.n == 0 && policy->n_rules <= 8) {
		decide_all(policy, lines, once);
		MUST(policy_parse(policy, "p.conf", text, size, &problems) == 0);
		MUST(problems.n == 0);
		decide_all(policy, lines, twice);
		MUST(memcmp(once, twice, sizeof(once)) == 0);
	}
	problems_done(&problems);
	policy_free(policy);
}

/* ---- owners ---- */

static void check_range(const struct policy *policy, size_t i)
{
	const struct owners *owners = &policy->owners;
	const struct owner_range *range = &owners->ranges[i];

	MUST(range->first > 0 && range->first <= range->last && range->name[0]);
	MUST(i == 0 || owners->ranges[i - 1].last < range->first);
	MUST(owners_find(owners, range->first) == range);
	MUST(owners_find(owners, range->last) == range);
	MUST(policy_payer(policy, range->last) == (range->known ? ALICE : range->first));
}

static void read_owners(const char *text, size_t size)
{
	struct policy_defaults defaults = {};
	struct problems problems = {};
	struct policy *policy;

	MUST(policy_new(&defaults, &policy) == 0);
	MUST(owners_parse(&policy->owners, "p.conf", text, size, &problems) == 0);
	check_problems(&problems, text, size);
	find_owners(&policy->owners);
	for (size_t i = 0; i < policy->owners.n; i++)
		check_range(policy, i);
	MUST(!owners_find(&policy->owners, 0));
	problems_done(&problems);
	policy_free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_owners = size > 0 && data[0] == 'S';

	budget_begin();
	if (is_owners)
		read_owners((const char *)data + 1, size - 1);
	else
		read_rules((const char *)data, size);
	budget_check(WORK_BASE + size * WORK_OF_BYTE, BYTES_BASE + (int64_t)size * BYTES_OF_BYTE);
	return 0;
}
