/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which rule decides about a client: rows of a table over one policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rules.h"
#include "wire/fault.h"

#define ALICE	 1000u
#define BOB	 1001u
#define OPS	 50u
#define SUB	 100005u /* subordinate to alice */
#define ROOT_SUB 500005u /* to root */
#define PINNED	 "0000000000000000000000000000000000000000000000000000000000000001"

static const char rules[] =
	"{ \"rules\": [\n"
	"{ \"users\": [1000], \"ringsPerUser\": 2 },\n" /* 2 */
	"{ \"name\": \"ops\", \"groups\": [50], \"adoptedRings\": true, \"ringsPerUser\": 5 "
	"},\n"										/* 3 */
	"{ \"units\": [\"backup@*.service\"], \"persistentRings\": true },\n"		/* 4 */
	"{ \"cgroups\": [\"/user.slice/a\"], \"persistentRings\": true },\n"		/* 5 */
	"{ \"users\": [1001], \"groups\": [50], \"seeOthersRings\": true },\n"		/* 6 */
	"{ \"users\": [1000], \"programs\": [\"copy\", \"nop@sha256:" PINNED "\"] },\n" /* 7 */
	"{ \"users\": [1001], \"programs\": [\"!chase\", \"!*@sha256:" PINNED
	"\", \"*\"] },\n"							      /* 8 */
	"{ \"users\": [0], \"steerOthersRings\": false, \"adoptedRings\": false },\n" /* 9 */
	"{ \"adoptedRings\": false, \"connectionsPerUser\": 7 } ] }\n";		      /* 10 */

static const uint8_t pinned[SHA256_SIZE] = {[SHA256_SIZE - 1] = 1};
static const uint8_t other[SHA256_SIZE] = {2};

static const struct {
	uid_t uid;
	gid_t gid;
	gid_t group; /* supplementary; 0: none */
	const char *cgroup;
	enum policy_item item;
	const char *program;
	const uint8_t *digest;
	int64_t value;
	unsigned int line; /* 0: the default */
} rows[] = {
	/* the first rule that matches and mentions it, for each item */
	{ALICE, ALICE, OPS, "", POLICY_RINGS, NULL, NULL, 2, 2},
	{ALICE, ALICE, OPS, "", POLICY_ADOPTED_RINGS, NULL, NULL, 1, 3},
	{ALICE, ALICE, 0, "", POLICY_ADOPTED_RINGS, NULL, NULL, 0, 10},
	{BOB, OPS, 0, "", POLICY_RINGS, NULL, NULL, 5, 3},
	{BOB, BOB, 0, "", POLICY_RINGS, NULL, NULL, 64, 0},
	{BOB, BOB, 0, "", POLICY_CONNECTIONS, NULL, NULL, 7, 10},
	/* all conditions of a rule */
	{BOB, BOB, OPS, "", POLICY_SEE_RINGS, NULL, NULL, 1, 6},
	{BOB, BOB, 0, "", POLICY_SEE_RINGS, NULL, NULL, 0, 0},
	{ALICE, OPS, 0, "", POLICY_SEE_RINGS, NULL, NULL, 0, 0},
	/* units are systemd's, not those that a user names */
	{BOB, BOB, 0, "system.slice/system-backup.slice/backup@1.service", POLICY_PERSISTENT_RINGS,
	 NULL, NULL, 1, 4},
	{BOB, BOB, 0, "system.slice/backup@1.service/inner", POLICY_PERSISTENT_RINGS, NULL, NULL, 1,
	 4},
	{BOB, BOB, 0, "user.slice/user-1001.slice/user@1001.service/app.slice/backup@1.service",
	 POLICY_PERSISTENT_RINGS, NULL, NULL, 0, 0},
	{BOB, BOB, 0, "system.slice/backup.service", POLICY_PERSISTENT_RINGS, NULL, NULL, 0, 0},
	{BOB, BOB, 0, "user.slice/a", POLICY_PERSISTENT_RINGS, NULL, NULL, 1, 5},
	{BOB, BOB, 0, "user.slice/a/b", POLICY_PERSISTENT_RINGS, NULL, NULL, 1, 5},
	{BOB, BOB, 0, "user.slice/ab", POLICY_PERSISTENT_RINGS, NULL, NULL, 0, 0},
	/* a client that hides where it is gets nothing */
	{BOB, BOB, 0, NULL, POLICY_PERSISTENT_RINGS, NULL, NULL, 0, 4},
	/* programs: what the list does not name is denied */
	{ALICE, ALICE, 0, "", POLICY_PROGRAMS, "copy", other, 1, 7},
	{ALICE, ALICE, 0, "", POLICY_PROGRAMS, "nop", pinned, 1, 7},
	{ALICE, ALICE, 0, "", POLICY_PROGRAMS, "nop", other, 0, 7},
	{ALICE, ALICE, 0, "", POLICY_PROGRAMS, "nop", NULL, 0, 7},
	{ALICE, ALICE, 0, "", POLICY_PROGRAMS, "chase", pinned, 0, 7},
	{BOB, BOB, 0, "", POLICY_PROGRAMS, "chase", other, 0, 8},
	{BOB, BOB, 0, "", POLICY_PROGRAMS, "copy", pinned, 0, 8},
	{BOB, BOB, 0, "", POLICY_PROGRAMS, "copy", other, 1, 8},
	{BOB, BOB, 0, "", POLICY_PROGRAMS, "copy", NULL, 0, 8},
	{7, 7, 0, "", POLICY_PROGRAMS, "chase", other, 1, 0},
	/* root is subject to rules, but always loads, sees and controls */
	{0, 0, 0, "", POLICY_ADOPTED_RINGS, NULL, NULL, 0, 9},
	{0, 0, 0, "", POLICY_STEER_RINGS, NULL, NULL, 1, 0},
	{0, 0, 0, "", POLICY_LOAD_PROGRAMS, NULL, NULL, 1, 0},
	{ALICE, ALICE, 0, "", POLICY_LOAD_PROGRAMS, NULL, NULL, 0, 0},
	/* a subordinate uid has what both have; root's has not what root has */
	{SUB, SUB, 0, "", POLICY_RINGS, NULL, NULL, 2, 2},
	{SUB, SUB, 0, "", POLICY_PROGRAMS, "chase", other, 0, 7},
	{SUB, SUB, 0, "", POLICY_PROGRAMS, "copy", other, 1, 0},
	{SUB, SUB, 0, "", POLICY_ADOPTED_RINGS, NULL, NULL, 0, 10},
	{ROOT_SUB, ROOT_SUB, 0, "", POLICY_STEER_RINGS, NULL, NULL, 0, 0},
};

static struct policy *make(void)
{
	struct policy_defaults defaults = {
		.values =
			{
				[POLICY_PROGRAMS] = WHO_ALL,
				[POLICY_PERSISTENT_RINGS] = WHO_NONE,
				[POLICY_RINGS] = 64,
			},
	};
	static const char subuid[] = "alice:100000:65536\nroot:500000:65536\n";
	struct problems problems = {};
	struct policy *policy;
	struct owner_range *alice;

	assert_int_equal(policy_new(&defaults, &policy), 0);
	assert_int_equal(policy_parse(policy, "p.conf", rules, strlen(rules), &problems), 0);
	if (problems.n > 0)
		fail_msg("%s", problems.texts[0]);
	assert_int_equal(owners_parse(&policy->owners, "subuid", subuid, strlen(subuid), &problems),
			 0);
	alice = &policy->owners.ranges[0];
	alice->known = true;
	alice->user = (struct user){.uid = ALICE, .gid = ALICE, .n_groups = 1};
	alice->user.groups = calloc(1, sizeof(gid_t));
	assert_non_null(alice->user.groups);
	alice->user.groups[0] = OPS;
	return policy;
}

static void test_rows(void **state)
{
	struct policy *policy = make();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gid_t group = rows[i].group;
		const struct user user = {.uid = rows[i].uid,
					  .gid = rows[i].gid,
					  .groups = &group,
					  .n_groups = group != 0};
		const struct policy_client client = {.user = &user, .cgroup = rows[i].cgroup};
		const struct policy_program program = {rows[i].program, rows[i].digest};
		struct policy_answer answer;

		policy_decide(policy, &client, rows[i].item, &program, &answer);
		if (answer.value != rows[i].value || answer.line != rows[i].line)
			fail_msg("row %zu: %lld of line %u, expected %lld of line %u", i,
				 (long long)answer.value, answer.line, (long long)rows[i].value,
				 rows[i].line);
		assert_int_equal(answer.file != NULL, answer.line != 0);
	}
	policy_free(policy);
}

static void test_payer(void **state)
{
	struct policy *policy = make();

	assert_int_equal(policy_payer(policy, ALICE), ALICE);
	assert_int_equal(policy_payer(policy, SUB), ALICE);
	assert_int_equal(policy_payer(policy, ROOT_SUB), 500000); /* one user, but not root */
	assert_int_equal(policy_payer(policy, 0), 0);
	policy_free(policy);
}

static void test_refusal(void **state)
{
	const struct policy_answer answers[] = {
		{.item = POLICY_ADOPTED_RINGS, .file = "p.conf", .rule = "ops", .line = 3},
		{.item = POLICY_ADOPTED_RINGS, .file = "p.conf", .line = 10},
		{.item = POLICY_ADOPTED_RINGS},
		{.item = POLICY_STEER_RINGS},
	};
	const char *const texts[] = {
		"adoptedRings in p.conf:3 (rule \"ops\") does not permit x",
		"adoptedRings in p.conf:10 does not permit x",
		"adoptedRings in iouringd.conf does not permit x",
		"steerOthersRings in the built-in default does not permit x",
	};
	struct note note = {};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(policy_refuse(&answers[i], "x", &note), FAULT_NOT_PERMITTED);
		assert_string_equal(note.texts[0], texts[i]);
		note_done(&note);
	}
}

static void test_charge(void **state)
{
	const struct user user = {.uid = ALICE, .gid = ALICE};
	const struct policy_client client = {.user = &user, .cgroup = ""};
	struct usage_charge charges[3] = {};
	struct policy *policy = make();
	struct usages usages = {};
	struct note note = {};

	policy->defaults.values[POLICY_QUEUED_BYTES] = 10;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			usage_begin(&usages, i < 2 ? ALICE : BOB, USAGE_BYTES, &charges[i]), 0);
	assert_int_equal(policy_charge(policy, &client, 6, NULL, &charges[0]), 0);
	assert_int_equal(policy_charge(policy, &client, 5, &note, &charges[1]),
			 FAULT_QUOTA_EXCEEDED);
	assert_string_equal(note.texts[0], "queuedBytesPerUser");
	assert_int_equal(note.numbers[1], 10);
	assert_string_equal(note.texts[2], "iouringd.conf");
	assert_int_equal(policy_charge(policy, &client, UINT64_MAX, NULL, &charges[1]),
			 FAULT_QUOTA_EXCEEDED);
	assert_int_equal(policy_charge(policy, &client, 4, NULL, &charges[1]), 0);
	assert_int_equal(usage_total(&charges[1]), 10);
	assert_int_equal(usage_total(&charges[2]), 0); /* of another user */
	usage_set(&charges[0], 1);
	assert_int_equal(usage_total(&charges[1]), 5);
	assert_int_equal(policy_charge(policy, &client, 5, NULL, &charges[0]), 0); /* more of it */
	assert_int_equal(charges[0].n, 6);
	assert_int_equal(usage_total(&charges[1]), 10);
	for (size_t i = 0; i < 3; i++)
		usage_end(&charges[i]);
	assert_null(usages.first);
	note_done(&note);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_payer),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_charge),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy/decide", tests, NULL, NULL);
}
