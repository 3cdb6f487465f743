/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of policy files: each mistake is reported with its line, and does not hide the next one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rules.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct policy *parse(const char *text, struct problems *problems)
{
	const struct policy_defaults defaults = {};
	struct policy *policy;

	assert_int_equal(policy_new(&defaults, &policy), 0);
	assert_int_equal(policy_parse(policy, "p.conf", text, strlen(text), problems), 0);
	return policy;
}

static void test_all_keys(void **state)
{
	struct problems problems = {};
	struct policy *policy;
	const struct policy_rule *rule;

	policy = parse("// why\n"
		       "{ \"rules\": [ /* a\n comment */\n"
		       "{ \"name\": \"caf\\u00e9 \\ud83d\\ude00\",\n"
		       "  \"users\": [\"alice\", 1001], \"groups\": [\"ops\"],\n"
		       "  \"units\": [\"a@*.service\"], \"cgroups\": [\"/system.slice\"],\n"
		       "  \"programs\": [\"copy\", \"!chase\", \"nop@sha256:" DIGEST "\", \"*\"],\n"
		       "  \"loadPrograms\": true, \"persistentRings\": false,\n"
		       "  \"adoptedRings\": true, \"seeOthersRings\": true,\n"
		       "  \"steerOthersRings\": true, \"ringsPerUser\": 3,\n"
		       "  \"regionBytesPerUser\": 1099511627776,\n"
		       "  \"submissionEntriesPerUser\": 0, \"connectionsPerUser\": 9,\n"
		       "  \"descriptorsPerUser\": 1048576, \"queuedBytesPerUser\": 8,\n"
		       "  \"loadedProgramsPerUser\": 7, },\n"
		       "{},] }\n",
		       &problems);
	assert_int_equal(problems.n, 0);
	assert_int_equal(policy->n_rules, 2);
	rule = &policy->rules[0];
	assert_string_equal(rule->file, "p.conf");
	assert_int_equal(rule->line, 4);
	assert_string_equal(rule->name, "caf\xc3\xa9 \xf0\x9f\x98\x80");
	assert_int_equal(rule->users.n, 2);
	assert_false(rule->users.items[0].known);
	assert_true(rule->users.items[1].known);
	assert_int_equal(rule->users.items[1].id, 1001);
	assert_int_equal(rule->n_programs, 4);
	assert_true(rule->programs[1].denied);
	assert_true(rule->programs[2].pinned);
	assert_int_equal(rule->programs[2].digest[1], 0x11);
	assert_string_equal(rule->programs[3].name, "");
	for (int i = 0; i < POLICY_ITEMS; i++)
		assert_true(rule->settings[i].set);
	assert_int_equal(rule->settings[POLICY_REGION_BYTES].value, 1ll << 40);
	assert_int_equal(rule->settings[POLICY_REGION_BYTES].line, 11);
	assert_int_equal(policy->rules[1].line, 15);
	policy_free(policy);
}

static const struct {
	const char *text;
	const char *problem; /* the first, its start */
	size_t n;
} mistakes[] = {
	{"", "p.conf:1: the file ends where a JSON object {...} is expected", 1},
	{"[]", "p.conf:1: expected a JSON object {...}", 1},
	{"{\n\n\"rules\": [}", "p.conf:3: expected a value", 1},
	{"{\"rules\": [{}]", "p.conf:1: the file ends where a comma, or } is expected", 1},
	{"{\"rules\": []} x", "p.conf:1: expected a value", 1},
	{"{\"rules\": []} {}", "p.conf:1: expected the end of the file", 1},
	{"{\n/* a", "p.conf:2: the comment has no end", 1},
	{"{\n\"a", "p.conf:2: the string has no end", 1},
	{"{\"a\n\": 1}", "p.conf:1: the string contains a control character", 1},
	{"{\"\\ud800\": 1}", "p.conf:1: the string contains an invalid escape sequence", 1},
	{"{\"\\u0000\": 1}", "p.conf:1: the string contains an invalid escape sequence", 1},
	{"{\"rules\" 1}", "p.conf:1: expected a colon", 1},
	{"{'rules': 1}", "p.conf:1: expected a value", 1},
	{"{\"rule\": []}", "p.conf:1: unknown key \"rule\", expected \"rules\"", 1},
	{"{\"rules\": [], \"rules\": []}", "p.conf:1: rules is given twice", 1},
	{"{\"rules\": {}}", "p.conf:1: rules is an object, expected a list of rules", 1},
	{"{\"rules\": [1]}", "p.conf:1: a rule is 1, expected an object {...}", 1},
	{"{\"rules\": [{\n\"user\": [[], {\"a\": {}}]\n}]}", "p.conf:2: a rule has no key \"user\"",
	 1},
	{"{\"rules\": [{\"users\": \"alice\"}]}", "p.conf:1: users is \"alice\", expected a list",
	 1},
	{"{\"rules\": [{\"users\": []}]}", "p.conf:1: users is empty", 1},
	{"{\"rules\": [{\"users\": [-1]}]}", "p.conf:1: users is -1, expected a user's name", 2},
	{"{\"rules\": [{\"users\": [4294967295]}]}", "p.conf:1: users is 4294967295", 2},
	{"{\"rules\": [{\"units\": [1]}]}", "p.conf:1: units is 1, expected a name or pattern", 2},
	{"{\"rules\": [{\"loadPrograms\": 1}]}",
	 "p.conf:1: loadPrograms is 1, expected true or false", 1},
	{"{\"rules\": [{\"loadPrograms\": tru}]}", "p.conf:1: expected a value", 1},
	{"{\"rules\": [{\"ringsPerUser\": 65537}]}",
	 "p.conf:1: ringsPerUser is 65537, expected a whole number from 0 to 65536", 1},
	{"{\"rules\": [{\"ringsPerUser\": 1.5}]}", "p.conf:1: ringsPerUser is 1.5", 1},
	{"{\"rules\": [{\"ringsPerUser\": 99999999999999999999}]}", "p.conf:1: ringsPerUser is 9",
	 1},
	{"{\"rules\": [{\"ringsPerUser\": null}]}", "p.conf:1: ringsPerUser is null", 1},
	{"{\"rules\": [{\"ringsPerUser\": 1,\n\"ringsPerUser\": 1}]}",
	 "p.conf:2: ringsPerUser is given twice in one rule", 1},
	{"{\"rules\": [{\"programs\": [\"Copy\"]}]}", "p.conf:1: programs is \"Copy\", expected",
	 1},
	{"{\"rules\": [{\"programs\": [\"copy@sha256:00\"]}]}", "p.conf:1: programs is", 1},
	{"{\"rules\": [{\"programs\": [\"copy@" DIGEST "\"]}]}", "p.conf:1: programs is", 1},
	{"{\"rules\": [{\"programs\": \"*\"}]}", "p.conf:1: programs is \"*\", expected a list", 1},
	{"{\"rules\": [{\"name\": 1,\n\"users\": [],\n\"ringsPerUser\": -1}]}",
	 "p.conf:1: name is 1, expected a text", 3},
};

static void test_mistakes(void **state)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct problems problems = {};
		struct policy *policy = parse(mistakes[i].text, &problems);

		if (problems.n != mistakes[i].n)
			fail_msg("%s: %zu problems, the first: %s", mistakes[i].text, problems.n,
				 problems.n ? problems.texts[0] : "");
		if (strncmp(problems.texts[0], mistakes[i].problem, strlen(mistakes[i].problem)))
			fail_msg("%s: %s", mistakes[i].text, problems.texts[0]);
		problems_done(&problems);
		policy_free(policy);
	}
}

/* Nothing that a file holds is kept without bound. */
static void test_bounds(void **state)
{
	struct problems problems = {};
	static char text[1 << 20];
	struct policy *policy;
	size_t n = 0;

	n += (size_t)sprintf(text, "{\"rules\": [");
	for (int i = 0; i < POLICY_RULES_MAX + 2; i++)
		n += (size_t)sprintf(text + n, "{},\n");
	sprintf(text + n, "]}");
	policy = parse(text, &problems);
	assert_int_equal(policy->n_rules, POLICY_RULES_MAX);
	assert_int_equal(problems.n, 1);
	assert_non_null(strstr(problems.texts[0], "more than 1024 rules"));
	problems_done(&problems);
	policy_free(policy);

	n = (size_t)sprintf(text, "{\"rules\": [{\"users\": [");
	for (int i = 0; i < POLICY_ENTRIES_MAX + 100; i++)
		n += (size_t)sprintf(text + n, "%d,", i);
	sprintf(text + n, "]}]}");
	policy = parse(text, &problems);
	assert_int_equal(policy->rules[0].users.n, POLICY_ENTRIES_MAX);
	assert_int_equal(problems.n, 100); /* of which PROBLEMS_MAX have a text */
	problems_done(&problems);
	policy_free(policy);

	memset(text, '[', 1000);
	memcpy(text, "{\"x\":", 5);
	text[1000] = '\0';
	policy = parse(text, &problems);
	assert_int_equal(problems.n, 2);
	problems_done(&problems);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy/parse", tests, NULL, NULL);
}
