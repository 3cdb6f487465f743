/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about rings: programs, rings of others, quotas, and what all users have together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/rules.h"
#include "unit/ring/fixture.h"

#define CAROL 1002u
#define SUB   100000u /* and the 65535 above: subordinate to alice */

static int create(struct fixture *fixture, uid_t uid, const char *name, struct answer *answer,
		  struct note *note)
{
	struct sample sample;
	int r;

	answer->keep = true;
	sample_init(&sample, name);
	r = create_sample(fixture, uid, &sample, answer, note);
	sample_done(&sample);
	fixture_run(fixture);
	return r;
}

/* It is refused at once; the reason, or the rule of a quota, says @where. */
static void expect_refusal(struct fixture *fixture, uid_t uid, int fault, size_t field,
			   const char *where)
{
	struct answer answer = ANSWER_NONE;
	struct note note = {};

	assert_int_equal(create(fixture, uid, NULL, &answer, &note), fault);
	assert_non_null(strstr(note.texts[field], where));
	note_done(&note);
}

static void test_program(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answers = ANSWER_NONE, answer = ANSWER_NONE;
	struct fixture fixture;
	struct note note = {};

	fixture_init(&fixture);
	fixture.rules = "{ \"rules\": [\n"
			"{ \"users\": [1000], \"programs\": [\"copy\"] },\n"
			"{ \"users\": [1001], \"programs\": [\"!copy\", \"*\"] } ] }";
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	expect_refusal(&fixture, BOB, FAULT_NOT_PERMITTED, 0,
		       "programs in test.conf:3 does not permit program \"copy\"");
	assert_int_equal(create(&fixture, ALICE, "r1", &answer, NULL), 0);
	assert_int_equal(manager_ring_swap(fixture.manager, &alice, "r1", "paced", 0, answer_ring,
					   &answers, &note),
			 FAULT_NOT_PERMITTED);
	assert_non_null(strstr(note.texts[0], "test.conf:2"));
	note_done(&note);
	/* what runs goes on under another policy */
	fixture_set_rules(&fixture, "{ \"rules\": [ { \"programs\": [] } ] }");
	manager_policy_changed(fixture.manager);
	assert_int_equal(state_of(&fixture, "r1"), RING_CREATED);
	expect_refusal(&fixture, ALICE, FAULT_NOT_PERMITTED, 0, "test.conf:1");
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_others(void **state)
{
	const struct peer bob = peer_of(BOB), carol = peer_of(CAROL);
	struct answer answers = ANSWER_NONE, answer = ANSWER_NONE;
	struct fixture fixture;
	struct note note = {};
	struct ring_view view;

	fixture_init(&fixture);
	fixture.rules = "{ \"rules\": [\n"
			"{ \"users\": [1001, 1002], \"seeOthersRings\": true },\n"
			"{ \"users\": [1002, 1003], \"steerOthersRings\": true } ] }";
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(manager_ring_count(fixture.manager, &bob), 1);
	assert_int_equal(manager_ring_find(fixture.manager, &bob, "1000/r1", NULL, &view), 0);
	/* its region is for writing, too */
	assert_int_equal(manager_ring_open(fixture.manager, &bob, "1000/r1", &note, &view),
			 FAULT_NOT_PERMITTED);
	assert_non_null(strstr(note.texts[0], "controlling rings of other users"));
	assert_int_equal(
		manager_ring_start(fixture.manager, &bob, "1000/r1", answer_ring, &answers, &note),
		FAULT_NOT_PERMITTED);
	note_done(&note);
	assert_int_equal(manager_ring_open(fixture.manager, &carol, "1000/r1", NULL, &view), 0);
	/* who may not see it cannot learn of it by a refusal */
	assert_int_equal(manager_ring_open(fixture.manager, &(struct peer){.user.uid = 1003},
					   "1000/r1", NULL, &view),
			 FAULT_RING_NOT_FOUND);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* Two files a ring; they count as long as the ring, also after a restart. */
static void test_descriptors(void **state)
{
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;

	fixture_init(&fixture);
	fixture.policy.persistent = WHO_ALL;
	fixture.rules = "{ \"rules\": [\n"
			"{ \"users\": [1000], \"descriptorsPerUser\": 3 } ] }";
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_int_equal(create(&fixture, ALICE, "r1", &answer, NULL), 0);
	expect_refusal(&fixture, ALICE, FAULT_QUOTA_EXCEEDED, 0, "descriptorsPerUser");
	expect_refusal(&fixture, ALICE, FAULT_QUOTA_EXCEEDED, 2, "test.conf:2");
	fixture_restart(&fixture);
	expect_refusal(&fixture, ALICE, FAULT_QUOTA_EXCEEDED, 0, "descriptorsPerUser");
	fixture_crash(&fixture);
	expect_refusal(&fixture, ALICE, FAULT_QUOTA_EXCEEDED, 0, "descriptorsPerUser");
	destroy_ring(&fixture, "r1");
	answer_done(&answer);
	answer = ANSWER_NONE;
	assert_int_equal(create(&fixture, ALICE, "r2", &answer, NULL), 0);
	answer_done(&answer);
	fixture_done(&fixture);
}

static int load_nop(struct fixture *fixture, uid_t uid, const char *name, uint32_t version,
		    struct note *ret_note)
{
	const struct peer peer = peer_of(uid);
	struct answer answer = ANSWER_NONE;
	struct fake_object object;
	int fd, r;

	fake_object_nop(name, &object);
	object.descriptor.version = version;
	fd = fake_object_memfd(&object);
	r = manager_program_load(fixture->manager, &peer, fd, false, answer_program, &answer, NULL);
	close(fd);
	assert_int_equal(r, 0);
	fixture_run(fixture);
	r = answer.r;
	note_move(ret_note, &answer.note);
	answer_done(&answer);
	return r;
}

static void expect_no_load(struct fixture *fixture, uid_t uid, const char *name)
{
	struct note note = {};

	assert_int_equal(load_nop(fixture, uid, name, 1, &note), FAULT_QUOTA_EXCEEDED);
	assert_string_equal(note.texts[0], "loadedProgramsPerUser");
	assert_int_equal(note.numbers[1], 1);
	assert_non_null(strstr(note.texts[2], "test.conf:2"));
	note_done(&note);
}

static void test_loaded_programs(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct fixture fixture;
	struct note note = {};

	fixture_init(&fixture);
	fixture.rules = "{ \"rules\": [ { \"loadPrograms\": true },\n"
			"{ \"users\": [1000], \"loadedProgramsPerUser\": 1 } ] }";
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_int_equal(load_nop(&fixture, ALICE, "one", 1, &note), 0);
	assert_int_equal(load_nop(&fixture, ALICE, "one", 2, &note), 0); /* in its place */
	expect_no_load(&fixture, ALICE, "two");
	assert_int_equal(manager_program_count(fixture.manager), 4);
	assert_int_equal(load_nop(&fixture, BOB, "two", 1, &note), 0);
	assert_int_equal(load_nop(&fixture, BOB, "three", 1, &note), 0);
	for (int crash = 0; crash < 2; crash++) {
		if (crash)
			fixture_crash(&fixture);
		else
			fixture_restart(&fixture);
		assert_int_equal(manager_program_count(fixture.manager), 6);
		expect_no_load(&fixture, ALICE, "four");
	}
	/* another's program, which becomes one's own */
	expect_no_load(&fixture, ALICE, "three");
	assert_int_equal(manager_program_unload(fixture.manager, &alice, "one", NULL), 0);
	assert_int_equal(load_nop(&fixture, ALICE, "three", 9, &note), 0);
	expect_no_load(&fixture, ALICE, "one");
	fixture_done(&fixture);
}

static void test_quota(void **state)
{
	struct answer answers[2] = {ANSWER_NONE, ANSWER_NONE};
	struct fixture fixture;

	fixture_init(&fixture);
	fixture.rules = "{ \"rules\": [\n"
			"{ \"users\": [1000], \"ringsPerUser\": 2 } ] }";
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(create(&fixture, ALICE, NULL, &answers[i], NULL), 0);
	expect_refusal(&fixture, ALICE, FAULT_QUOTA_EXCEEDED, 2, "test.conf:2");
	for (size_t i = 0; i < 2; i++)
		answer_done(&answers[i]);
	fixture_done(&fixture);
}

static void set_owner(struct fixture *fixture)
{
	struct owners *owners = &fixture->policies.current->owners;
	static const char text[] = "alice:100000:65536\n";
	struct problems problems = {};

	assert_int_equal(owners_parse(owners, "subuid", text, strlen(text), &problems), 0);
	owners->ranges[0].known = true;
	owners->ranges[0].user = (struct user){.uid = ALICE, .gid = ALICE};
}

/* Each has a limit of its own, but all of them are alice. */
static void test_subordinate(void **state)
{
	struct answer answers[4] = {ANSWER_NONE, ANSWER_NONE, ANSWER_NONE, ANSWER_NONE};
	struct fixture fixture;

	fixture_init(&fixture);
	fixture.limits.rings = 3;
	assert_int_equal(fixture_manage(&fixture), 0);
	set_owner(&fixture);
	fixture_run(&fixture);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(create(&fixture, SUB + 20 * i, NULL, &answers[i], NULL), 0);
	for (unsigned int i = 0; i < 22; i++)
		expect_refusal(&fixture, SUB + i, FAULT_QUOTA_EXCEEDED, 0, "ringsPerUser");
	expect_refusal(&fixture, ALICE, FAULT_QUOTA_EXCEEDED, 0, "ringsPerUser");
	assert_int_equal(create(&fixture, BOB, NULL, &answers[3], NULL), 0);
	for (size_t i = 0; i < 4; i++)
		answer_done(&answers[i]);
	fixture_done(&fixture);
}

static void test_all_users(void **state)
{
	struct answer answers[9];
	struct fixture fixture;

	for (size_t i = 0; i < 9; i++)
		answers[i] = ANSWER_NONE;
	fixture_init(&fixture);
	fixture.limits.rings = 100;
	fixture.caps.rings = (struct quota_cap){.total = 8, .guaranteed = 1};
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(create(&fixture, ALICE, NULL, &answers[i], NULL), 0);
	expect_refusal(&fixture, ALICE, FAULT_QUOTA_EXCEEDED, 0, "rings");
	assert_int_equal(create(&fixture, BOB, NULL, &answers[6], NULL), 0);
	expect_refusal(&fixture, BOB, FAULT_QUOTA_EXCEEDED, 0, "rings");
	assert_int_equal(create(&fixture, CAROL, NULL, &answers[7], NULL), 0);
	expect_refusal(&fixture, 1003, FAULT_QUOTA_EXCEEDED, 0, "rings"); /* all are gone */
	assert_int_equal(create(&fixture, 0, NULL, &answers[8], NULL), 0);
	for (size_t i = 0; i < 9; i++)
		answer_done(&answers[i]);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),	    cmocka_unit_test(test_others),
		cmocka_unit_test(test_descriptors), cmocka_unit_test(test_loaded_programs),
		cmocka_unit_test(test_quota),	    cmocka_unit_test(test_subordinate),
		cmocka_unit_test(test_all_users),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/policy", tests, NULL, NULL);
}
