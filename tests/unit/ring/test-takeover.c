/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon dies, or is stopped, and the next one takes over its rings. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "unit/ring/every-state.h"
#include "wire/json.h"

typedef void (*end_daemon)(struct fixture *fixture);

static void check_same(const struct ring_view *before, const struct ring_view *after)
{
	assert_int_equal(after->state, before->state);
	assert_int_equal(after->uid, before->uid);
	assert_int_equal(after->generation, before->generation);
	assert_int_equal(after->pid, before->pid);
	assert_int_equal(after->created_us, before->created_us);
	assert_int_equal(after->region_size, before->region_size);
	assert_int_equal(after->data_size, before->data_size);
	assert_int_equal(after->sq_entries, before->sq_entries);
	assert_int_equal(after->persistent, before->persistent);
	assert_true(after->region_fd >= 0);
}

static void check_goes_on(end_daemon end)
{
	struct ring_view before[STATE_RINGS];
	char reasons[STATE_RINGS][128];
	uint8_t digests[STATE_RINGS][32];
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	for (size_t i = 0; i < STATE_RINGS; i++) {
		before[i] = state_view_of(&fixture, state_rings[i]);
		snprintf(reasons[i], sizeof(reasons[i]), "%s", before[i].reason ?: "");
		memcpy(digests[i], before[i].program->digest, 32);
	}
	for (int again = 0; again < 3; again++) {
		end(&fixture);
		for (size_t i = 0; i < STATE_RINGS; i++) {
			struct ring_view after = state_view_of(&fixture, state_rings[i]);

			check_same(&before[i], &after);
			assert_string_equal(after.reason ?: "", reasons[i]);
			assert_memory_equal(after.program->digest, digests[i], 32);
		}
	}
	states_ask(&fixture, manager_ring_start, "created", 0);
	states_ask(&fixture, manager_ring_start, "running", FAULT_RING_BUSY);
	states_ask(&fixture, manager_ring_pause, "running", 0);
	states_ask(&fixture, manager_ring_resume, "paused", 0);
	states_ask(&fixture, manager_ring_resume, "stopped", FAULT_RING_BUSY);
	assert_int_equal(states_swap(&fixture, "created", "paced"), 0);
	assert_int_equal(state_view_of(&fixture, "created").generation, 2);
	for (size_t i = 0; i < STATE_RINGS; i++)
		destroy_ring(&fixture, state_rings[i]);
	states_done(&fixture);
}

static void test_stopped(void **state)
{
	check_goes_on(fixture_restart);
}

static void test_killed(void **state)
{
	check_goes_on(fixture_crash);
}

static void test_parameters_and_quota(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct json_object *parameters = NULL, *wanted = NULL;
	struct answer refused = ANSWER_NONE;
	struct note note = {};
	struct fixture fixture;
	struct sample sample;
	uint64_t generation;

	fixture_init(&fixture);
	fixture.limits.rings = 3;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	for (int i = 0; i < 3; i++)
		states_hold(&fixture, NULL);
	assert_int_equal(json_parse("{\"depth\": 7}", 12, NULL, &wanted), 0);
	assert_int_equal(manager_parameters_write(fixture.manager, &alice, "copy-1", wanted, NULL),
			 0);
	fixture_crash(&fixture);
	assert_int_equal(manager_parameters_read(fixture.manager, &alice, "copy-1", NULL, 0, NULL,
						 &parameters, &generation),
			 0);
	assert_int_equal(json_object_get_int64(json_object_object_get(parameters, "depth")), 7);
	json_put(parameters);
	json_put(wanted);
	sample_init(&sample, "more");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &refused, &note),
			 FAULT_QUOTA_EXCEEDED);
	note_done(&note);
	destroy_ring(&fixture, "copy-1");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &refused, &note), 0);
	fixture_run(&fixture);
	answer_done(&refused);
	sample_done(&sample);
	states_done(&fixture);
}

/* The limits are below what exists: the rings stay. */
static void test_limits_lowered(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture.limits = (struct manager_limits){.rings = 1, .region_bytes = 4096, .entries = 1};
	fixture_crash(&fixture);
	for (size_t i = 0; i < STATE_RINGS; i++)
		assert_true(state_is_there(&fixture, state_rings[i]));
	states_done(&fixture);
}

/* Killed after each step of making a ring: it exists, or nothing of it is left. */
static void test_killed_while_making(void **state)
{
	size_t made = 0, unmade = 0;
	bool idle = false;

	for (unsigned int n = 0; !idle; n++) {
		struct answer answer = ANSWER_NONE;
		struct fixture fixture;
		struct sample sample;

		answer.keep = true;
		fixture_start(&fixture);
		sample_init(&sample, "r1");
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
		for (unsigned int i = 0; i < n && !idle; i++)
			idle = !fixture_step(&fixture);
		fixture_crash(&fixture);
		if (answer.calls > 0)
			assert_true(state_is_there(&fixture, "r1"));
		made += state_is_there(&fixture, "r1");
		unmade += !state_is_there(&fixture, "r1");
		if (!state_is_there(&fixture, "r1"))
			assert_nothing_left(&fixture);
		answer_done(&answer);
		sample_done(&sample);
		states_done(&fixture);
	}
	assert_true(made > 0 && unmade > 2);
}

/* Killed after each step of a swap: the view shows the program in the array. */
static void test_killed_while_swapping(void **state)
{
	const struct peer alice = peer_of(ALICE);
	size_t old = 0, new = 0;
	bool idle = false;

	for (unsigned int n = 0; !idle; n++) {
		struct answer answer = ANSWER_NONE;
		struct kern_fake_pinned *pinned;
		struct fixture fixture;
		struct ring_view view;

		fixture_start(&fixture);
		states_hold(&fixture, "r1");
		start_ring(&fixture, "r1");
		assert_int_equal(manager_ring_swap(fixture.manager, &alice, "r1", "paced", 0,
						   answer_ring, &answer, NULL),
				 0);
		for (unsigned int i = 0; i < n && !idle; i++)
			idle = !fixture_step(&fixture);
		if (n % 2) /* the job is done, its states_done() was not called */
			executor_fake_work(&fixture.executor);
		fixture_crash(&fixture);
		view = state_view_of(&fixture, "r1");
		pinned = pinned_of(&fixture, "r1");
		assert_int_equal(view.state, RING_RUNNING);
		assert_int_equal(pinned->program, view.program->id);
		assert_string_equal(view.program->descriptor.name,
				    view.generation == 1 ? "copy" : "paced");
		old += view.generation == 1;
		new += view.generation == 2;
		answer_done(&answer);
		states_done(&fixture);
	}
	assert_true(old > 0 && new > 1);
}

/* Its host dies while no daemon runs. */
static void test_host_dies_meanwhile(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	for (size_t i = 0; i < STATE_RINGS; i++)
		hosts_fake_die(host_search(&fixture, state_rings[i]));
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_nothing_left(&fixture);
	states_hold(&fixture, "created"); /* the state_rings are free */
	states_done(&fixture);
}

/* Its end was requested, but the host has not received that. */
static void test_end_goes_on(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;

	fixture_start(&fixture);
	states_hold(&fixture, "r1");
	hosts_fake_mute(fixture.hosts, true);
	assert_int_equal(
		manager_ring_destroy(fixture.manager, &alice, "r1", answer_ring, &answer, NULL), 0);
	fixture_crash(&fixture);
	assert_nothing_left(&fixture);
	states_done(&fixture);
}

/* Changes that hosts made, or a daemon requested, which are not in the ledger. */
static void test_states_that_hosts_report(void **state)
{
	static const struct {
		const char *ring;
		enum control_type says;
		int result;
		uint32_t last; /* step */
		enum ring_state then;
		size_t events;
	} cases[] = {
		{"created", CONTROL_RUNNING, 0, IOURD_STEP_NONE, RING_RUNNING, 1},
		{"created", CONTROL_RETURNED, 0, IOURD_STEP_PROGRAM, RING_STOPPED, 2},
		{"running", CONTROL_RETURNED, 0, IOURD_STEP_PROGRAM, RING_STOPPED, 1},
		{"running", CONTROL_RETURNED, -EFAULT, IOURD_STEP_PROGRAM, RING_FAILED, 1},
		{"running", CONTROL_RETURNED, -EINVAL, IOURD_STEP_PROGRAM, RING_PAUSED, 1},
		{"running", CONTROL_PAUSED, -EINTR, IOURD_STEP_PROGRAM, RING_PAUSED, 1},
		{"running", CONTROL_RETURNED, 0, IOURD_STEP_PAUSED, RING_PAUSED, 1},
		{"paused", CONTROL_RETURNED, 0, IOURD_STEP_PAUSED, RING_PAUSED, 0},
		{"paused", CONTROL_RUNNING, 0, IOURD_STEP_PROGRAM, RING_RUNNING, 1},
		{"paused", CONTROL_RETURNED, 0, IOURD_STEP_PROGRAM, RING_STOPPED, 2},
		{"stopped", CONTROL_RUNNING, 0, IOURD_STEP_PROGRAM, RING_STOPPED, 0},
		{"failed", CONTROL_RETURNED, -EFAULT, IOURD_STEP_PROGRAM, RING_FAILED, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture fixture;
		size_t events;

		fixture_start(&fixture);
		states_make(&fixture);
		set_last(&fixture, cases[i].ring, cases[i].last);
		events = fixture.n_events;
		fixture_kill(&fixture);
		hosts_fake_set_state(host_search(&fixture, cases[i].ring), cases[i].says,
				     cases[i].result);
		assert_int_equal(fixture_manage(&fixture), 0);
		fixture_run(&fixture);
		if (state_of(&fixture, cases[i].ring) != cases[i].then)
			fail_msg("case %zu: state %d, not %d", i, state_of(&fixture, cases[i].ring),
				 cases[i].then);
		assert_int_equal(fixture.n_events, events + cases[i].events);
		states_done(&fixture);
	}
}

/* Killed between setting the flag and sending PAUSE. */
static void test_pause_is_sent_again(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	pinned_of(&fixture, "running")->record.dispatch.pause = 1;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_int_equal(hosts_fake_last_command(host_search(&fixture, "running")), CONTROL_PAUSE);
	assert_int_equal(state_of(&fixture, "running"), RING_PAUSED);
	states_done(&fixture);
}

static void count_ready(void *arg)
{
	++*(unsigned int *)arg;
}

/* A stopped host delays the start by its limit only, and reports later. */
static void test_silent_host(void **state)
{
	unsigned int ready = 0;
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	hosts_fake_mute(fixture.hosts, true);
	hosts_fake_set_state(host_search(&fixture, "created"), CONTROL_RUNNING, 0);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_await_ready(&fixture, count_ready, &ready);
	fixture_run(&fixture);
	assert_int_equal(ready, 0);
	clock_fake_advance(&fixture.clock, 499);
	assert_int_equal(ready, 0);
	clock_fake_advance(&fixture.clock, 1);
	fixture_run(&fixture);
	assert_int_equal(ready, 1);
	assert_int_equal(state_of(&fixture, "created"), RING_CREATED);
	hosts_fake_mute(fixture.hosts, false);
	fixture_run(&fixture);
	assert_int_equal(state_of(&fixture, "created"), RING_RUNNING);
	assert_int_equal(ready, 1);
	states_done(&fixture);
}

static void test_ready_when_all_have_reported(void **state)
{
	unsigned int ready = 0;
	struct fixture fixture;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_await_ready(&fixture, count_ready, &ready);
	assert_int_equal(ready, 0);
	fixture_run(&fixture);
	assert_int_equal(ready, 1);
	fixture_await_ready(&fixture, count_ready, &ready);
	assert_int_equal(ready, 2); /* at once */
	states_done(&fixture);
}

/* The daemon is stopped at each step of the takeover. */
static void test_stopped_while_taking_over(void **state)
{
	bool idle = false;

	for (unsigned int n = 0; !idle; n++) {
		struct fixture fixture;

		fixture_start(&fixture);
		states_make(&fixture);
		fixture_kill(&fixture);
		assert_int_equal(fixture_manage(&fixture), 0);
		for (unsigned int i = 0; i < n && !idle; i++)
			idle = !fixture_step(&fixture);
		fixture_restart(&fixture);
		for (size_t i = 0; i < STATE_RINGS; i++)
			assert_true(state_is_there(&fixture, state_rings[i]));
		assert_int_equal(state_of(&fixture, "running"), RING_RUNNING);
		states_done(&fixture);
	}
}

/* Its client has stopped the host, and exits. */
static void test_client_gone(void **state)
{
	struct fixture fixture;
	struct host *host;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_crash(&fixture);
	host = host_search(&fixture, "running");
	hosts_fake_mute(fixture.hosts, true);
	hosts_fake_client_gone(host);
	fixture_run(&fixture);
	assert_int_equal(state_of(&fixture, "running"), RING_ENDING);
	clock_fake_advance(&fixture.clock, 2000); /* then it is killed */
	fixture_run(&fixture);
	assert_false(state_is_there(&fixture, "running"));
	assert_string_equal(last_event(&fixture)->reason, "its client is gone");
	hosts_fake_mute(fixture.hosts, false);
	states_done(&fixture);
}

/* A host of the version before this one has closed its region. */
static void test_without_region(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct json_object *parameters = NULL;
	struct note note = {};
	struct fixture fixture;
	uint64_t generation;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	pinned_of(&fixture, "running")->record.ledger.region_inode++;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_int_equal(state_view_of(&fixture, "running").region_fd, -1);
	assert_int_equal(manager_parameters_read(fixture.manager, &alice, "running", NULL, 0, &note,
						 &parameters, &generation),
			 FAULT_RING_BUSY);
	note_done(&note);
	states_ask(&fixture, manager_ring_pause, "running", 0);
	states_ask(&fixture, manager_ring_resume, "running", 0);
	assert_int_equal(states_swap(&fixture, "running", "copy"), 0);
	hosts_fake_returned(host_search(&fixture, "running"), 0);
	destroy_ring(&fixture, "running");
	states_done(&fixture);
}

/* Anything unexpected is left untouched, and its name stays reserved. */
static void test_left_untouched(void **state)
{
	struct answer refused = ANSWER_NONE;
	struct note note = {};
	struct fixture fixture;
	struct sample sample;
	uid_t *uid;

	fixture_start(&fixture);
	states_make(&fixture);
	fixture_kill(&fixture);
	hosts_fake_set_unresponsive(host_search(&fixture, "running"));
	uid = &pinned_of(&fixture, "paused")->record.ledger.uid;
	*uid = BOB;
	/* an earlier version's ledgers name no process */
	pinned_of(&fixture, "running")->record.ledger.process_inode = 0;
	pinned_of(&fixture, "paused")->record.ledger.process_inode = 0;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_false(state_is_there(&fixture, "running"));
	assert_false(state_is_there(&fixture, "paused"));
	assert_true(state_is_there(&fixture, "created"));
	sample_init(&sample, "running");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &refused, &note), FAULT_RING_BUSY);
	note_done(&note);
	sample_done(&sample);
	/* the next daemon finds it in order */
	*uid = ALICE;
	fixture_kill(&fixture);
	hosts_fake_die(host_search(&fixture, "running"));
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	assert_false(state_is_there(&fixture, "running"));
	assert_true(state_is_there(&fixture, "paused"));
	states_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_parameters_and_quota),
		cmocka_unit_test(test_limits_lowered),
		cmocka_unit_test(test_killed_while_making),
		cmocka_unit_test(test_killed_while_swapping),
		cmocka_unit_test(test_host_dies_meanwhile),
		cmocka_unit_test(test_end_goes_on),
		cmocka_unit_test(test_states_that_hosts_report),
		cmocka_unit_test(test_pause_is_sent_again),
		cmocka_unit_test(test_silent_host),
		cmocka_unit_test(test_ready_when_all_have_reported),
		cmocka_unit_test(test_stopped_while_taking_over),
		cmocka_unit_test(test_client_gone),
		cmocka_unit_test(test_without_region),
		cmocka_unit_test(test_left_untouched),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/takeover", tests, NULL, NULL);
}
