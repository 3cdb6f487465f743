/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declared rings are made independently of each other, and made again when they end. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "unit/ring/declaring.h"

static void test_made(void **state)
{
	const struct host_setup *setup;
	struct fixture fixture;
	struct ring_view view;

	fixture_start(&fixture);
	fixture.policy.persistent = WHO_NONE; /* not applied: root has declared it */
	DECLARE(&fixture, {.parameters = "{\"depth\":4}"});
	expect_no_problem(&fixture);
	view = look_at(&fixture, "d1");
	assert_int_equal(view.state, RING_RUNNING);
	assert_int_equal(view.uid, ALICE);
	assert_true(view.persistent);
	assert_true(view.declared);
	assert_null(view.note);
	assert_int_equal(view.data_size, 4 * 4096);
	setup = hosts_fake_setup(host_of(&fixture, "d1"));
	assert_int_equal(setup->lease_fd, -1);
	assert_int_equal(setup->uid, ALICE);
	assert_int_equal(setup->gid, ALICE);
	assert_int_equal(setup->n_groups, 1);
	assert_int_equal(fcntl(setup->files[0], F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(setup->files[1], F_GETFL) & O_ACCMODE, O_WRONLY);
	assert_int_equal(fixture.users.opens, 2);
	assert_int_equal(fixture.users.opened_as, ALICE);
	assert_string_equal(fixture.users.opened_path, "/good/b");
	destroy_ring(&fixture, "d1");
	fixture_done(&fixture);
}

static void test_not_started(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	DECLARE(&fixture, {.not_started = true, .user = "1001"});
	assert_int_equal(state_of(&fixture, "d1"), RING_CREATED);
	assert_int_equal(look_at(&fixture, "d1").uid, BOB);
	DECLARE(&fixture, {.user = "1001"});
	assert_int_equal(state_of(&fixture, "d1"), RING_RUNNING);
	fixture_done(&fixture);
}

/* Declared before the programs are open. */
static void test_early(void **state)
{
	const struct ring_spec ring = {0};
	unsigned int done = 0;
	struct fixture fixture;

	fixture_init(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	declare_only(&fixture, &ring, 1, &done);
	assert_int_equal(done, 0);
	fixture_run(&fixture);
	assert_int_equal(done, 1);
	assert_int_equal(state_of(&fixture, "d1"), RING_RUNNING);
	fixture_done(&fixture);
}

/* @bad is not made, for a reason with @what in it; the ring beside it is. */
static void expect_refused(struct ring_spec bad, const char *what)
{
	struct fixture fixture;

	fixture_start(&fixture);
	bad.name = bad.name ? bad.name : "bad";
	DECLARE(&fixture, bad, {.name = "good"});
	expect_problem(&fixture, what);
	assert_false(is_there(&fixture, bad.name));
	assert_int_equal(state_of(&fixture, "good"), RING_RUNNING);
	fixture_done(&fixture);
}

static void test_refused_files(void **state)
{
	expect_refused(
		(struct ring_spec){.source = "/of/root/a"},
		"files.source: /of/root/a cannot be opened as user alice: Permission denied");
	expect_refused((struct ring_spec){.source = "/of/alice/a", .user = "root"},
		       "declare the file's owner");
	expect_refused((struct ring_spec){.target = "/missing/a"},
		       "files.target: /missing/a cannot be opened as user alice: No such file");
	expect_refused((struct ring_spec){.target = "/read-only/a"},
		       "files.target: /read-only/a is read-only; if it is so only for "
		       "iouringd.service, add ReadWritePaths=/read-only/a in a drop-in");
	expect_refused((struct ring_spec){.source = "/link/a"}, "links");
	expect_refused((struct ring_spec){.source = "/proc/a"}, "/proc/a leads into /proc");
	expect_refused((struct ring_spec){.source = "/pipe/a"}, "other end of the pipe");
	expect_refused((struct ring_spec){.source = "/home/a"}, "ProtectHome=");
	expect_refused((struct ring_spec){.source = ""}, "source");
}

static void test_refused_settings(void **state)
{
	expect_refused((struct ring_spec){.user = "carol"}, "there is no user \"carol\"");
	expect_refused((struct ring_spec){.program = "none"}, "none");
	expect_refused((struct ring_spec){.program = "nop"}, "no slot of that name");
	expect_refused((struct ring_spec){.parameters = "{\"depth\":65}"}, "parameters.depth");
	expect_refused((struct ring_spec){.data_bytes = 1}, "dataBytes");
	expect_refused((struct ring_spec){.name = "Bad"}, "the file's name is the ring's");
	expect_refused((struct ring_spec){.problem = "/etc/rings.d/bad.json: what a mess"},
		       "what a mess");
}

static void test_quota(void **state)
{
	struct fixture fixture;

	fixture_init(&fixture);
	fixture.limits.rings = 1;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	DECLARE(&fixture, {.name = "a"}, {.name = "b"}, {.name = "c", .user = "bob"});
	expect_problem(&fixture, "ringsPerUser");
	assert_true(is_there(&fixture, "a"));
	assert_false(is_there(&fixture, "b"));
	assert_true(is_there(&fixture, "c"));
	/* the quota allows it again: it is made without a request */
	destroy_ring(&fixture, "a");
	clock_fake_advance(&fixture.clock, 1000);
	fixture_run(&fixture);
	assert_true(is_there(&fixture, "b"));
	expect_no_problem(&fixture);
	fixture_done(&fixture);
}

/* The cause goes away: the user directory works again. */
static void test_tried_again(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	fixture.users.find_result = -EIO;
	DECLARE(&fixture, {0});
	expect_problem(&fixture, "\"alice\" cannot be looked up: Input/output error");
	clock_fake_advance(&fixture.clock, 1000);
	fixture_run(&fixture);
	assert_int_equal(fixture.users.finds, 2);
	assert_int_equal(fixture.users.opens, 0);
	fixture.users.find_result = 0;
	clock_fake_advance(&fixture.clock, 1999);
	fixture_run(&fixture);
	assert_int_equal(fixture.users.finds, 2);
	clock_fake_advance(&fixture.clock, 1);
	fixture_run(&fixture);
	assert_int_equal(state_of(&fixture, "d1"), RING_RUNNING);
	expect_no_problem(&fixture);
	fixture_done(&fixture);
}

/* Its host is killed: the ring is made again after @ms, and not before. */
static void expect_back(struct fixture *fixture, unsigned int ms)
{
	kill_host(fixture, "d1");
	assert_false(is_there(fixture, "d1"));
	clock_fake_advance(&fixture->clock, ms - 1);
	fixture_run(fixture);
	assert_false(is_there(fixture, "d1"));
	clock_fake_advance(&fixture->clock, 1);
	fixture_run(fixture);
	assert_int_equal(state_of(fixture, "d1"), RING_RUNNING);
	assert_true(look_at(fixture, "d1").declared);
}

static void test_killed(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	DECLARE(&fixture, {0});
	for (unsigned int ms = 1000; ms < 60000; ms *= 2)
		expect_back(&fixture, ms);
	expect_back(&fixture, 60000);
	expect_back(&fixture, 60000);
	clock_fake_advance(&fixture.clock, 60000); /* it lives: the failures are forgotten */
	expect_back(&fixture, 1000);
	fixture_done(&fixture);
}

static void test_destroyed(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	DECLARE(&fixture, {0});
	destroy_ring(&fixture, "d1");
	clock_fake_advance(&fixture.clock, 1000000);
	fixture_run(&fixture);
	assert_false(is_there(&fixture, "d1"));
	DECLARE(&fixture, {0});
	assert_int_equal(state_of(&fixture, "d1"), RING_RUNNING);
	fixture_done(&fixture);
}

/* Its work is done: it is not restarted, and not made again when it ends. */
static void test_work_over(void **state)
{
	struct fixture fixture;
	struct iourd_head *head;

	fixture_start(&fixture);
	DECLARE(&fixture, {0});
	head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
		    hosts_fake_setup(host_of(&fixture, "d1"))->region_fd, 0);
	assert_true(head != MAP_FAILED);
	head->progress.state = IOURD_WORK_DONE;
	set_last(&fixture, "d1", IOURD_STEP_PROGRAM);
	hosts_fake_returned(host_of(&fixture, "d1"), 0);
	fixture_run(&fixture);
	assert_int_equal(state_of(&fixture, "d1"), RING_STOPPED);
	DECLARE(&fixture, {0});
	assert_int_equal(state_of(&fixture, "d1"), RING_STOPPED);
	expect_no_problem(&fixture);
	kill_host(&fixture, "d1");
	clock_fake_advance(&fixture.clock, 1000000);
	fixture_run(&fixture);
	assert_false(is_there(&fixture, "d1"));
	munmap(head, 4096);
	fixture_done(&fixture);
}

/* The daemon stops after any number of steps: nothing is leaked. */
static void test_stopped_on_the_way(void **state)
{
	const struct ring_spec rings[] = {
		{0}, {.name = "d2"}, {.name = "d3", .source = "/missing/a"}};

	for (unsigned int steps = 0; steps < 40; steps++) {
		unsigned int done = 0;
		struct fixture fixture;

		fixture_init(&fixture);
		assert_int_equal(fixture_manage(&fixture), 0);
		declare_only(&fixture, rings, 3, &done);
		for (unsigned int i = 0; i < steps; i++)
			fixture_step(&fixture);
		fixture_stop(&fixture);
		fixture_done(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_refused_settings),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_tried_again),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_destroyed),
		cmocka_unit_test(test_work_over),
		cmocka_unit_test(test_stopped_on_the_way),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/declared", tests, NULL, NULL);
}
