/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A declaration changes: applied where possible, noted where it needs a new ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/ring/declaring.h"
#include "wire/json.h"

static void expect_params(struct fixture *fixture, const char *json)
{
	static const char *const fields[] = {"depth", "block_size", "sync"};
	const struct peer root = peer_of(0);
	struct json_object *object;
	uint64_t generation;
	char *text;

	assert_int_equal(manager_parameters_read(fixture->manager, &root, "d1", fields, 3, NULL,
						 &object, &generation),
			 0);
	assert_int_equal(json_print(object, false, &text), 0);
	assert_string_equal(text, json);
	free(text);
	json_put(object);
}

/* Its note, which is the only problem, has @what in it. */
static void expect_note(struct fixture *fixture, const char *what)
{
	struct ring_view view = look_at(fixture, "d1");

	expect_problem(fixture, what);
	expect_problem(fixture, "not applied: ");
	expect_problem(fixture, "iouctl ring destroy d1");
	assert_non_null(view.note);
	assert_non_null(strstr(view.note, what));
	assert_int_equal(view.state, RING_RUNNING);
}

static void start_with(struct fixture *fixture, struct ring_spec ring)
{
	fixture_start(fixture);
	DECLARE(fixture, ring);
	expect_no_problem(fixture);
}

static void test_nothing(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){.parameters = "{\"depth\":4,\"sync\":true}"});
	DECLARE(&fixture, {.parameters = "{\"sync\":true,\"depth\":4}", .swapped = true});
	expect_no_problem(&fixture);
	assert_int_equal(look_at(&fixture, "d1").generation, 1);
	assert_int_equal(fixture.users.opens, 2);
	fixture_done(&fixture);
}

static void test_program(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){0});
	DECLARE(&fixture, {.program = "paced"});
	expect_no_problem(&fixture);
	assert_int_equal(look_at(&fixture, "d1").generation, 2);
	assert_string_equal(look_at(&fixture, "d1").program->descriptor.name, "paced");
	DECLARE(&fixture, {.program = "nop"});
	expect_note(&fixture, "parameters differ");
	assert_int_equal(look_at(&fixture, "d1").generation, 2);
	DECLARE(&fixture, {.program = "paced"});
	expect_no_problem(&fixture);
	assert_null(look_at(&fixture, "d1").note);
	DECLARE(&fixture, {.program = "none"});
	expect_problem(&fixture, "none");
	assert_int_equal(state_of(&fixture, "d1"), RING_RUNNING);
	fixture_done(&fixture);
}

static void test_parameters(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){.parameters = "{\"depth\":16}"});
	/* one at a time neither would fit the data area */
	DECLARE(&fixture, {.parameters = "{\"depth\":32,\"block_size\":2048}"});
	expect_no_problem(&fixture);
	expect_params(&fixture, "{\"depth\":32,\"block_size\":2048,\"sync\":false}");
	/* a parameter that is not declared keeps its value */
	DECLARE(&fixture, {.parameters = "{\"depth\":8}"});
	expect_params(&fixture, "{\"depth\":8,\"block_size\":2048,\"sync\":false}");
	/* one is fixed; the others are written all the same */
	DECLARE(&fixture, {.parameters = "{\"sync\":true,\"depth\":9}"});
	expect_note(&fixture, "parameters.sync");
	expect_params(&fixture, "{\"depth\":9,\"block_size\":2048,\"sync\":false}");
	DECLARE(&fixture, {.parameters = "{\"depth\":65}"});
	expect_note(&fixture, "parameters.depth");
	DECLARE(&fixture, {.parameters = "{\"short_reads\":1}"});
	expect_note(&fixture, "parameters.short_reads");
	DECLARE(&fixture, {.parameters = "{\"depth\":64,\"block_size\":4096}"});
	expect_note(&fixture, "data area");
	expect_params(&fixture, "{\"depth\":9,\"block_size\":2048,\"sync\":false}");
	assert_int_equal(look_at(&fixture, "d1").generation, 1);
	fixture_done(&fixture);
}

static void test_new_ring_needed(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){0});
	DECLARE(&fixture, {.user = "bob"});
	expect_note(&fixture, "the user is bob, the ring's is 1000");
	assert_int_equal(look_at(&fixture, "d1").uid, ALICE);
	DECLARE(&fixture, {.user = "1000"});
	expect_no_problem(&fixture);
	DECLARE(&fixture, {.source = "/good/c"});
	expect_note(&fixture, "files or dataBytes");
	DECLARE(&fixture, {.data_bytes = 1 << 20});
	expect_note(&fixture, "files or dataBytes");
	/* as the note says */
	destroy_ring(&fixture, "d1");
	expect_no_problem(&fixture);
	DECLARE(&fixture, {.data_bytes = 1 << 20});
	expect_no_problem(&fixture);
	assert_int_equal(look_at(&fixture, "d1").data_size, 1 << 20);
	fixture_done(&fixture);
}

static void test_removed(void **state)
{
	struct fixture fixture;
	struct ring_view view;

	start_with(&fixture, (struct ring_spec){0});
	declare(&fixture, NULL, 0);
	view = look_at(&fixture, "d1");
	assert_int_equal(view.state, RING_RUNNING);
	assert_false(view.declared);
	assert_true(view.persistent);
	DECLARE(&fixture, {.source = "/good/c"}); /* the digest of its files is still known */
	expect_note(&fixture, "files");
	assert_true(look_at(&fixture, "d1").declared);
	declare(&fixture, NULL, 0);
	assert_null(look_at(&fixture, "d1").note);
	kill_host(&fixture, "d1");
	clock_fake_advance(&fixture.clock, 1000000);
	fixture_run(&fixture);
	assert_false(is_there(&fixture, "d1"));
	fixture_done(&fixture);
}

static void test_rollback(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){.rollback = true});
	assert_true(look_at(&fixture, "d1").rollback);
	DECLARE(&fixture, {0});
	expect_no_problem(&fixture);
	assert_false(look_at(&fixture, "d1").rollback);
	fixture_crash(&fixture);
	assert_false(look_at(&fixture, "d1").rollback);
	DECLARE(&fixture, {.rollback = true});
	assert_true(look_at(&fixture, "d1").rollback);
	fixture_crash(&fixture);
	assert_true(look_at(&fixture, "d1").rollback);
	fixture_done(&fixture);
}

/* The next daemon knows which rings are declared. */
static void check_next_daemon(void (*end)(struct fixture *fixture))
{
	struct fixture fixture;
	struct ring_view view;
	pid_t pid;

	start_with(&fixture, (struct ring_spec){0});
	pid = look_at(&fixture, "d1").pid;
	end(&fixture);
	assert_true(look_at(&fixture, "d1").declared);
	DECLARE(&fixture, {0});
	expect_no_problem(&fixture);
	DECLARE(&fixture, {.source = "/good/c"});
	expect_note(&fixture, "files");
	end(&fixture);
	DECLARE(&fixture, {.program = "paced"});
	expect_no_problem(&fixture);
	view = look_at(&fixture, "d1");
	assert_int_equal(view.pid, pid);
	assert_int_equal(view.generation, 2);
	declare(&fixture, NULL, 0);
	end(&fixture);
	assert_false(look_at(&fixture, "d1").declared);
	DECLARE(&fixture, {.program = "paced"});
	end(&fixture);
	assert_true(look_at(&fixture, "d1").declared);
	end(&fixture);
	declare(&fixture, NULL, 0); /* its file was removed while no daemon ran */
	view = look_at(&fixture, "d1");
	assert_false(view.declared);
	assert_int_equal(view.state, RING_RUNNING);
	fixture_done(&fixture);
}

static void test_next_daemon(void **state)
{
	check_next_daemon(fixture_restart);
	check_next_daemon(fixture_crash);
}

static void test_broken_file(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){0});
	DECLARE(&fixture, {.problem = "/etc/rings.d/d1.json: depth is green"});
	expect_problem(&fixture, "green");
	assert_true(look_at(&fixture, "d1").declared);
	assert_non_null(look_at(&fixture, "d1").note);
	DECLARE(&fixture, {.parameters = "{\"depth\":3}"});
	expect_no_problem(&fixture);
	assert_null(look_at(&fixture, "d1").note);
	fixture_done(&fixture);
}

static void test_broken_directory(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){0});
	for (int i = 0; i < 2; i++) {
		struct declarations directory = {.items = calloc(1, sizeof(struct declaration)),
						 .n = 1};

		assert_non_null(directory.items);
		directory.items[0].file = strdup("/etc/rings.d");
		directory.items[0].problem = strdup("/etc/rings.d: cannot be read");
		assert_int_equal(declared_apply(fixture.declared, &directory, NULL, NULL), 0);
		expect_problem(&fixture, "cannot be read");
		assert_true(look_at(&fixture, "d1").declared);
	}
	DECLARE(&fixture, {0});
	expect_no_problem(&fixture);
	fixture_done(&fixture);
}

static void test_name_taken(void **state)
{
	const struct peer root = peer_of(0);
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;
	struct sample sample;

	fixture_start(&fixture);
	answer.keep = true;
	sample_init(&sample, "d1");
	assert_int_equal(create_sample(&fixture, 0, &sample, &answer, NULL), 0);
	fixture_run(&fixture);
	DECLARE(&fixture, {0});
	expect_problem(&fixture, "the name is taken by a ring of user 0 that is not declared");
	assert_false(look_at(&fixture, "d1").declared);
	assert_null(look_at(&fixture, "d1").note);
	answer_done(&answer); /* its client exits */
	fixture_run(&fixture);
	assert_true(look_at(&fixture, "d1").declared);
	expect_no_problem(&fixture);
	assert_int_equal(manager_ring_count(fixture.manager, &root), 1);
	sample_done(&sample);
	fixture_done(&fixture);
}

/* Declared anew while the first is being applied, at any point: the last one is applied. */
static void test_meanwhile(void **state)
{
	for (unsigned int steps = 0; steps < 20; steps++) {
		const struct ring_spec first = {.source = "/good/x"};
		const struct ring_spec second[] = {{.program = "paced"}, {.name = "d2"}};
		unsigned int one = 0, two = 0, three = 0;
		struct fixture fixture;

		fixture_start(&fixture);
		declare_only(&fixture, &first, 1, &one);
		for (unsigned int i = 0; i < steps; i++)
			fixture_step(&fixture);
		declare_only(&fixture, second, 2, &two);
		assert_int_equal(one, 1);
		fixture_step(&fixture);
		declare_only(&fixture, second, 2, &three);
		assert_int_equal(two, 1);
		fixture_run(&fixture);
		assert_int_equal(three, 1);
		assert_string_equal(look_at(&fixture, "d1").program->descriptor.name, "paced");
		assert_int_equal(state_of(&fixture, "d1"), RING_RUNNING);
		assert_int_equal(state_of(&fixture, "d2"), RING_RUNNING);
		fixture_done(&fixture);
	}
}

/* A host of an earlier version has closed its region: no value can be compared. */
static void test_without_region(void **state)
{
	struct fixture fixture;

	start_with(&fixture, (struct ring_spec){.parameters = "{\"depth\":4}"});
	fixture_kill(&fixture);
	pinned_of(&fixture, "d1")->record.ledger.region_inode++;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	DECLARE(&fixture, {.parameters = "{\"depth\":5}"});
	expect_note(&fixture, "its parameters cannot be reached");
	fixture_done(&fixture);
}

/* The file is removed while its ring is being made. */
static void test_removed_meanwhile(void **state)
{
	for (unsigned int steps = 0; steps < 20; steps++) {
		const struct ring_spec ring = {0};
		unsigned int one = 0, two = 0;
		struct fixture fixture;

		fixture_start(&fixture);
		declare_only(&fixture, &ring, 1, &one);
		for (unsigned int i = 0; i < steps; i++)
			fixture_step(&fixture);
		declare_only(&fixture, NULL, 0, &two);
		fixture_run(&fixture);
		assert_int_equal(one, 1);
		assert_int_equal(two, 1);
		if (is_there(&fixture, "d1"))
			assert_false(look_at(&fixture, "d1").declared);
		expect_no_problem(&fixture);
		fixture_done(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),		 cmocka_unit_test(test_program),
		cmocka_unit_test(test_parameters),	 cmocka_unit_test(test_new_ring_needed),
		cmocka_unit_test(test_removed),		 cmocka_unit_test(test_broken_file),
		cmocka_unit_test(test_broken_directory), cmocka_unit_test(test_name_taken),
		cmocka_unit_test(test_meanwhile),	 cmocka_unit_test(test_removed_meanwhile),
		cmocka_unit_test(test_rollback),	 cmocka_unit_test(test_next_daemon),
		cmocka_unit_test(test_without_region),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/declared-change", tests, NULL, NULL);
}
