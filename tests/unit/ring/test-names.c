/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of rings: each user has his own, and declared rings have theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ring/title.h"
#include "unit/ring/declaring.h"
#include "unit/ring/fixture.h"

static void create(struct fixture *fixture, uid_t uid, const char *name, struct answer *answer)
{
	struct sample sample;

	*answer = ANSWER_NONE;
	answer->keep = true;
	sample_init(&sample, name);
	assert_int_equal(create_sample(fixture, uid, &sample, answer, NULL), 0);
	fixture_run(fixture);
	assert_int_equal(answer->r, 0);
	sample_done(&sample);
}

/* The owner of the ring that user @reader means by @name; -1: there is none for him. */
static long owner_of(struct fixture *fixture, uid_t reader, const char *name)
{
	const struct peer peer = peer_of(reader);
	struct note note = {};
	struct ring_view view;
	int r = manager_ring_find(fixture->manager, &peer, name, &note, &view);

	note_done(&note);
	if (r == 0)
		return (long)view.uid;
	assert_int_equal(r, FAULT_RING_NOT_FOUND);
	return -1;
}

static void check_owners(struct fixture *fixture)
{
	static const struct {
		uid_t reader;
		const char *name;
		long owner;
	} cases[] = {
		{ALICE, "nightly", ALICE},
		{BOB, "nightly", BOB},
		{0, "nightly", 0},
		{0, "1000/nightly", ALICE},
		{0, "1001/nightly", BOB},
		{0, "0/nightly", 0},
		{ALICE, "1000/nightly", ALICE},
		{ALICE, "1001/nightly", -1},
		{ALICE, "0/nightly", -1},
		{BOB, "1000/nightly", -1},
		{0, "1002/nightly", -1},
		{0, "/nightly", -1},
		{0, "1000/", -1},
		{0, "u1000-nightly", -1},
		{ALICE, "u1000-nightly", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(owner_of(fixture, cases[i].reader, cases[i].name), cases[i].owner);
}

static void test_one_name_three_users(void **state)
{
	struct answer answers[3];
	struct fixture fixture;

	fixture_start(&fixture);
	create(&fixture, ALICE, "nightly", &answers[0]);
	create(&fixture, BOB, "nightly", &answers[1]);
	create(&fixture, 0, "nightly", &answers[2]);
	check_owners(&fixture);
	fixture_crash(&fixture);
	check_owners(&fixture);
	for (int i = 0; i < 3; i++)
		answer_done(&answers[i]);
	fixture_run(&fixture);
	fixture_done(&fixture);
}

static void test_events_name_the_owner(void **state)
{
	static const struct {
		struct ring_title title;
		uid_t reader;
		const char *called, *text;
		bool meant;
	} cases[] = {
		{{ALICE, "a", "1000/a"}, ALICE, "a", "a", true},
		{{ALICE, "a", "1000/a"}, 0, "1000/a", "1000/a", true},
		{{ALICE, "a", "1000/a"}, 0, "1000/a", "a", false},
		{{0, "a", "0/a"}, ALICE, "0/a", "a", true}, /* declared for her */
		{{0, "a", "0/a"}, 0, "a", "0/a", true},
		{{0, "a", "0/a"}, 0, "a", "b", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ring_title *title = &cases[i].title;

		assert_string_equal(ring_title_for(title, cases[i].reader), cases[i].called);
		assert_int_equal(manager_ring_meant(title, cases[i].reader, cases[i].text),
				 cases[i].meant);
	}
}

static bool is_declared_for(struct fixture *fixture, uid_t reader, const char *name)
{
	const struct peer peer = peer_of(reader);
	struct ring_view view;

	assert_int_equal(manager_ring_find(fixture->manager, &peer, name, NULL, &view), 0);
	return view.declared;
}

/* A user cannot keep a declared ring away; without one of his own he means the declared one. */
static void test_declared(void **state)
{
	struct answer answer;
	struct fixture fixture;

	fixture_start(&fixture);
	create(&fixture, ALICE, "d1", &answer);
	DECLARE(&fixture, {0});
	expect_no_problem(&fixture);
	assert_true(is_declared_for(&fixture, 0, "d1"));
	assert_false(is_declared_for(&fixture, ALICE, "d1"));
	assert_true(is_declared_for(&fixture, ALICE, "0/d1"));
	answer_done(&answer);
	fixture_run(&fixture);
	assert_true(is_declared_for(&fixture, ALICE, "d1"));
	fixture_done(&fixture);
}

/* A ring that a user made under a version whose names were global. */
static void test_key_of_an_earlier_version(void **state)
{
	struct answer answer, mine, busy = ANSWER_NONE;
	struct fixture fixture;
	struct sample sample;

	fixture_start(&fixture);
	create(&fixture, 0, "old", &answer);
	fixture_stop(&fixture);
	pinned_of(&fixture, "old")->record.ledger.uid = ALICE;
	assert_int_equal(fixture.hosts->ops->set_runner(host_of(&fixture, "old"), ALICE, 1), 0);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_int_equal(owner_of(&fixture, ALICE, "old"), ALICE);
	assert_int_equal(owner_of(&fixture, BOB, "old"), -1);
	assert_int_equal(owner_of(&fixture, 0, "old"), ALICE);
	sample_init(&sample, "old");
	assert_int_equal(create_sample(&fixture, 0, &sample, &busy, NULL), FAULT_RING_BUSY);
	sample_done(&sample);
	create(&fixture, ALICE, "old", &mine); /* a second one, under her own name */
	answer_done(&mine);
	answer_done(&answer);
	fixture_run(&fixture);
	fixture_done(&fixture);
}

static void test_keys(void **state)
{
	static const struct {
		const char *key;
		uid_t space;
		const char *name;
	} cases[] = {
		{"u1000-a", 1000, "a"},
		{"a", 0, "a"},
		{"u1000-1", 0, "u1000-1"},
		{"u0-a", 0, "u0-a"},
		{"u4294967294-a", 4294967294u, "a"},
		{"u4294967295-a", 0, "u4294967295-a"},
		{"u99999999999999999999-a", 0, "u99999999999999999999-a"},
		{"u1000-", 0, "u1000-"},
		{"u-a", 0, "u-a"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char full[RING_FULL_MAX], key[RING_KEY_MAX];
		struct ring_title title;

		title_of_key(cases[i].key, full, &title);
		assert_int_equal(title.space, cases[i].space);
		assert_string_equal(title.name, cases[i].name);
		title_key(title.space, title.name, key);
		assert_string_equal(key, cases[i].key);
	}
}

static void test_ending_keys(void **state)
{
	static const struct {
		const char *key;
		unsigned int n;
		const char *ending; /* NULL: it has such a name */
	} cases[] = {
		{"poll", 1, "poll-ending-1"},
		{"u1000-poll", 12, "u1000-poll-ending-12"},
		{"poll-ending-1", 2, NULL},
		{"u1000-poll-ending-33", 1, NULL},
		{"poll-ending-", 1, "poll-ending--ending-1"},
		{"poll-ending-x1", 1, "poll-ending-x1-ending-1"},
		{"u4294967294-a2345678901234567890123456789012345678901234567890a", 1000,
		 "u4294967294-a23456789012345678901234567890123456789-ending-1000"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char key[RING_KEY_MAX];

		assert_int_equal(title_ending_key(cases[i].key, cases[i].n, key),
				 cases[i].ending != NULL);
		if (cases[i].ending)
			assert_string_equal(key, cases[i].ending);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_name_three_users),
		cmocka_unit_test(test_events_name_the_owner),
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_key_of_an_earlier_version),
		cmocka_unit_test(test_ending_keys),
		cmocka_unit_test(test_keys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/names", tests, NULL, NULL);
}
