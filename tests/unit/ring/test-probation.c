/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that break, at once and later, and what becomes of their rings. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

#define RING_FD 7 /* of every fake host */

struct probe {
	struct fixture fixture;
	struct answer created; /* its lease */
	struct iourd_head *head;
};

static void map_head(struct probe *probe)
{
	probe->head =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, probe->created.region, 0);
	assert_true(probe->head != MAP_FAILED);
}

/* "r1" runs copy; @rollback: it asked for rollbacks at any time. */
static void probe_start(struct probe *probe, bool rollback)
{
	struct sample sample;

	*probe = (struct probe){.created = ANSWER_NONE};
	probe->created.keep = true;
	fixture_start(&probe->fixture);
	sample_init(&sample, "r1");
	sample.request.rollback = rollback;
	assert_int_equal(create_sample(&probe->fixture, ALICE, &sample, &probe->created, NULL), 0);
	fixture_run(&probe->fixture);
	sample_done(&sample);
	map_head(probe);
	start_ring(&probe->fixture, "r1");
}

static void probe_done(struct probe *probe)
{
	munmap(probe->head, 4096);
	answer_done(&probe->created);
	fixture_run(&probe->fixture);
	fixture_done(&probe->fixture);
}

static struct ring_view view(struct probe *probe)
{
	struct ring_view view = {};

	assert_int_equal(find_ring(&probe->fixture, "r1", NULL, &view), 0);
	return view;
}

static volatile struct iourd_dispatch *counts(struct probe *probe)
{
	return &pinned_of(&probe->fixture, "r1")->record.dispatch;
}

/* @ms pass; @step: the loop takes one each 50 ms. */
static void pass_time(struct probe *probe, unsigned int ms, bool step)
{
	for (unsigned int i = 0; i < ms; i += 50) {
		if (step)
			counts(probe)->steps++;
		clock_fake_advance(&probe->fixture.clock, 50);
		fixture_run(&probe->fixture);
	}
}

static int swap(struct probe *probe, const char *program)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	int r;

	r = manager_ring_swap(probe->fixture.manager, &alice, "r1", program, 0, answer_ring,
			      &answer, NULL);
	fixture_run(&probe->fixture);
	r = r ?: answer.r;
	answer_done(&answer);
	return r;
}

static void returned(struct probe *probe, int result, uint32_t last)
{
	set_last(&probe->fixture, "r1", last);
	hosts_fake_returned(host_of(&probe->fixture, "r1"), result);
	fixture_run(&probe->fixture);
}

/* The program in the array is the one that is told, in the region, too. */
static void expect(struct probe *probe, enum ring_state state, const char *program,
		   uint64_t generation)
{
	struct ring_view now = view(probe);

	assert_int_equal(now.state, state);
	assert_string_equal(now.program->descriptor.name, program);
	assert_int_equal(now.generation, generation);
	assert_int_equal(pinned_of(&probe->fixture, "r1")->program, now.program->id);
	assert_int_equal(probe->head->life.generation, generation);
	assert_int_equal(probe->head->life.program_id, now.program->id);
}

static void expect_reason(struct probe *probe, enum event_kind kind, const char *part)
{
	const struct seen_event *event = last_event(&probe->fixture);

	assert_int_equal(event->kind, kind);
	if (!strstr(event->reason, part))
		fail_msg("\"%s\" does not say \"%s\"", event->reason, part);
	assert_non_null(view(probe).reason);
}

static void test_passes(void **state)
{
	struct probe probe;

	probe_start(&probe, false);
	assert_true(view(&probe).on_probation);
	pass_time(&probe, 950, true);
	assert_true(view(&probe).on_probation);
	pass_time(&probe, 50, true);
	assert_false(view(&probe).on_probation);
	assert_null(view(&probe).fallback);
	assert_int_equal(swap(&probe, "paced"), 0);
	assert_true(view(&probe).on_probation);
	assert_string_equal(view(&probe).fallback, "copy");
	pass_time(&probe, 1000, true);
	assert_false(view(&probe).on_probation);
	expect(&probe, RING_RUNNING, "paced", 2);
	assert_int_equal(count_events(&probe.fixture, EVENT_ROLLED_BACK), 0);
	probe_done(&probe);
}

static const struct way {
	int result;
	uint32_t last;
	bool failed; /* the program reports it */
	const char *reason;
} ways[] = {
	{-EINVAL, IOURD_STEP_PROGRAM, false, "neither continue nor stop"},
	{-EBADF, IOURD_STEP_PROGRAM, false, "io_uring_enter failed: EBADF"},
	{0, IOURD_STEP_EMPTY, false, "no program asked for it"},
	{0, IOURD_STEP_PROGRAM, true, "the program failed: ENOSPC"},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void break_it(struct probe *probe, const struct way *way)
{
	if (way->failed) {
		probe->head->progress.error = ENOSPC;
		probe->head->progress.state = IOURD_WORK_FAILED;
	}
	returned(probe, way->result, way->last);
}

static void test_rolled_back(void **state)
{
	for (size_t i = 0; i < WAYS; i++) {
		struct probe probe;

		probe_start(&probe, false);
		pass_time(&probe, 1000, true);
		assert_int_equal(swap(&probe, "paced"), 0);
		pass_time(&probe, 300, true);
		break_it(&probe, &ways[i]);
		expect(&probe, RING_RUNNING, "copy", 3);
		expect_reason(&probe, EVENT_ROLLED_BACK, ways[i].reason);
		assert_int_equal(probe.head->life.state, IOURD_RING_RUNNING);
		assert_int_equal(probe.head->life.error, 0);
		assert_int_not_equal(probe.head->progress.state, IOURD_WORK_FAILED);
		assert_int_equal(counts(&probe)->pause, 0);
		assert_int_equal(hosts_fake_last_command(host_of(&probe.fixture, "r1")),
				 CONTROL_RESUME);
		assert_false(view(&probe).on_probation);
		assert_null(view(&probe).fallback); /* used up: it cannot flap */
		/* and it works on: the next swap finds it as before */
		assert_int_equal(swap(&probe, "paced"), 0);
		assert_string_equal(view(&probe).fallback, "copy");
		probe_done(&probe);
	}
}

/* It breaks so fast that its host says so before the daemon knows that it is there. */
static void test_return_crosses_swap(void **state)
{
	const struct peer alice = peer_of(ALICE);

	for (size_t i = 0; i < WAYS; i++) {
		struct answer answer = ANSWER_NONE;
		struct probe probe;

		probe_start(&probe, false);
		pass_time(&probe, 1000, true);
		assert_int_equal(manager_ring_swap(probe.fixture.manager, &alice, "r1", "paced", 0,
						   answer_ring, &answer, NULL),
				 0);
		/* until the array has changed, and not one thing more */
		while (pinned_of(&probe.fixture, "r1")->program == view(&probe).program->id) {
			if (probe.fixture.executor.worked)
				executor_fake_run_one(&probe.fixture.executor);
			assert_true(executor_fake_work(&probe.fixture.executor));
		}
		assert_int_equal(answer.calls, 0);
		break_it(&probe, &ways[i]);
		assert_int_equal(answer.r, 0);
		expect(&probe, RING_RUNNING, "copy", 3);
		expect_reason(&probe, EVENT_ROLLED_BACK, ways[i].reason);
		answer_done(&answer);
		probe_done(&probe);
	}
}

static void test_nothing_to_go_back_to(void **state)
{
	const struct peer alice = peer_of(ALICE);

	for (size_t i = 0; i < WAYS; i++) {
		struct answer resumed = ANSWER_NONE;
		struct probe probe;

		probe_start(&probe, false);
		break_it(&probe, &ways[i]);
		expect(&probe, RING_PAUSED, "copy", 1);
		expect_reason(&probe, EVENT_PAUSED, ways[i].reason);
		assert_int_equal(counts(&probe)->pause, 1);
		/* it can be swapped and resumed, which begins anew */
		assert_int_equal(swap(&probe, "paced"), 0);
		expect(&probe, RING_PAUSED, "paced", 2);
		assert_null(view(&probe).fallback); /* copy never ran well */
		assert_int_equal(manager_ring_resume(probe.fixture.manager, &alice, "r1",
						     answer_ring, &resumed, NULL),
				 0);
		fixture_run(&probe.fixture);
		assert_int_equal(resumed.r, 0);
		assert_null(view(&probe).reason);
		assert_int_equal(probe.head->life.error, 0);
		answer_done(&resumed);
		probe_done(&probe);
	}
}

/* After its probation: paused, or rolled back if the ring was made so. */
static void test_later(void **state)
{
	for (int rollback = 0; rollback < 2; rollback++)
		for (size_t i = 0; i < WAYS; i++) {
			struct probe probe;

			probe_start(&probe, rollback);
			pass_time(&probe, 1000, true);
			assert_int_equal(swap(&probe, "paced"), 0);
			pass_time(&probe, 5000, true);
			break_it(&probe, &ways[i]);
			if (ways[i].failed) /* the end of its work, for better or worse */
				expect(&probe, RING_STOPPED, "paced", 2);
			else if (rollback)
				expect(&probe, RING_RUNNING, "copy", 3);
			else
				expect(&probe, RING_PAUSED, "paced", 2);
			probe_done(&probe);
		}
}

static void test_stands_still(void **state)
{
	/* completions, doorbell; with and without something to go back to */
	for (int i = 0; i < 4; i++) {
		bool doorbell = i & 1, good = i & 2;
		struct probe probe;

		probe_start(&probe, false);
		if (good) {
			pass_time(&probe, 1000, true);
			assert_int_equal(swap(&probe, "paced"), 0);
		}
		pass_time(&probe, 250, true);
		if (doorbell)
			probe.head->control.doorbell++;
		else
			kern_fake_set_waiting(probe.fixture.kern, RING_FD, 3);
		pass_time(&probe, 700, false);
		if (good) {
			expect(&probe, RING_RUNNING, "copy", 3);
			expect_reason(&probe, EVENT_ROLLED_BACK, "stands still");
			/* it sleeps on what the bad one waited for */
			assert_true(hosts_fake_kicks(host_of(&probe.fixture, "r1")) > 0);
		} else {
			expect(&probe, RING_PAUSED, "copy", 1);
			expect_reason(&probe, EVENT_PAUSED, "stands still");
		}
		probe_done(&probe);
	}
}

/* What is no stall: nothing waits, or steps are taken, or nobody knows. */
static void test_slow_is_not_still(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct probe probe;

		probe_start(&probe, false);
		if (i > 0)
			kern_fake_set_waiting(probe.fixture.kern, RING_FD, i == 1 ? 3 : -EAGAIN);
		if (i == 1)
			probe.head->control.doorbell++;
		pass_time(&probe, 1500, i == 1);
		expect(&probe, RING_RUNNING, "copy", 1);
		assert_false(view(&probe).on_probation);
		probe_done(&probe);
	}
}

/* A loop that sleeps is made to look: the one step of that is not its own. */
static void test_nudged(void **state)
{
	struct probe probe;
	unsigned int nudges;

	probe_start(&probe, false);
	pass_time(&probe, 150, false);
	nudges = hosts_fake_kicks(host_of(&probe.fixture, "r1"));
	assert_int_equal(nudges, 1);
	counts(&probe)->steps++;
	kern_fake_set_waiting(probe.fixture.kern, RING_FD, 1);
	pass_time(&probe, 500, false);
	expect(&probe, RING_PAUSED, "copy", 1);
	expect_reason(&probe, EVENT_PAUSED, "stands still");
	probe_done(&probe);
}

/* Time in which it is paused does not count. */
static void test_paused_meanwhile(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct probe probe;

	probe_start(&probe, false);
	pass_time(&probe, 250, true);
	assert_int_equal(
		manager_ring_pause(probe.fixture.manager, &alice, "r1", answer_ring, &answer, NULL),
		0);
	fixture_run(&probe.fixture);
	probe.head->control.doorbell++;
	pass_time(&probe, 5000, false);
	assert_true(view(&probe).on_probation);
	assert_int_equal(manager_ring_resume(probe.fixture.manager, &alice, "r1", answer_ring,
					     &answer, NULL),
			 0);
	fixture_run(&probe.fixture);
	pass_time(&probe, 1000, true);
	assert_false(view(&probe).on_probation);
	expect(&probe, RING_RUNNING, "copy", 1);
	answer_done(&answer);
	probe_done(&probe);
}

/* Time in which the process is stopped does not count: nobody knows what its program would do. */
static void test_stopped_meanwhile(void **state)
{
	struct probe probe;

	probe_start(&probe, false);
	pass_time(&probe, 250, true);
	hosts_fake_set_suspended(host_of(&probe.fixture, "r1"), true);
	kern_fake_set_waiting(probe.fixture.kern, RING_FD, 3);
	pass_time(&probe, 5000, false);
	expect(&probe, RING_RUNNING, "copy", 1);
	assert_true(view(&probe).on_probation);
	hosts_fake_set_suspended(host_of(&probe.fixture, "r1"), false);
	pass_time(&probe, 300, false);
	expect(&probe, RING_RUNNING, "copy", 1);
	pass_time(&probe, 300, false);
	expect(&probe, RING_PAUSED, "copy", 1);
	expect_reason(&probe, EVENT_PAUSED, "stands still");
	probe_done(&probe);
}

static void test_does_not_flap(void **state)
{
	struct probe probe;

	probe_start(&probe, true);
	pass_time(&probe, 1000, true);
	for (unsigned int n = 0; n < 4; n++) {
		assert_int_equal(swap(&probe, "paced"), 0);
		break_it(&probe, &ways[0]);
		expect(&probe, RING_RUNNING, "copy", 3 + 2 * n);
		pass_time(&probe, 1000u << n, true);
	}
	/* the next within 16 s has to be asked for */
	assert_int_equal(swap(&probe, "paced"), 0);
	break_it(&probe, &ways[0]);
	expect(&probe, RING_RUNNING, "copy", 11);
	assert_int_equal(swap(&probe, "paced"), 0);
	break_it(&probe, &ways[0]);
	expect(&probe, RING_PAUSED, "paced", 12);
	probe_done(&probe);
}

static int ask_rollback(struct probe *probe, uid_t uid, uint64_t generation)
{
	const struct peer peer = peer_of(uid);
	struct answer answer = ANSWER_NONE;
	struct note note = {};
	int r;

	r = manager_ring_rollback(probe->fixture.manager, &peer, "r1", generation, answer_ring,
				  &answer, &note);
	fixture_run(&probe->fixture);
	note_done(&note);
	r = r ?: answer.r;
	answer_done(&answer);
	return r;
}

static void test_by_request(void **state)
{
	struct probe probe;

	probe_start(&probe, false);
	assert_int_equal(ask_rollback(&probe, ALICE, 0), FAULT_RING_BUSY);
	pass_time(&probe, 1000, true);
	assert_int_equal(swap(&probe, "paced"), 0);
	pass_time(&probe, 5000, true);
	assert_int_equal(ask_rollback(&probe, BOB, 0), FAULT_RING_NOT_FOUND);
	assert_int_equal(ask_rollback(&probe, ALICE, 1), FAULT_GENERATION_MISMATCH);
	expect(&probe, RING_RUNNING, "paced", 2);
	assert_int_equal(ask_rollback(&probe, ALICE, 2), 0);
	expect(&probe, RING_RUNNING, "copy", 3);
	expect_reason(&probe, EVENT_ROLLED_BACK, "by request");
	assert_int_equal(ask_rollback(&probe, ALICE, 0), FAULT_RING_BUSY);
	probe_done(&probe);
}

/* The daemon dies at each step of a rollback. */
static void test_killed_while_rolling(void **state)
{
	bool idle = false;
	size_t rolled = 0;

	for (unsigned int n = 0; !idle; n++) {
		struct probe probe;

		probe_start(&probe, false);
		pass_time(&probe, 1000, true);
		assert_int_equal(swap(&probe, "paced"), 0);
		set_last(&probe.fixture, "r1", IOURD_STEP_PROGRAM);
		hosts_fake_returned(host_of(&probe.fixture, "r1"), -EINVAL);
		for (unsigned int i = 0; i < n && !idle; i++)
			idle = !fixture_step(&probe.fixture);
		fixture_crash(&probe.fixture);
		rolled += view(&probe).generation == 3;
		expect(&probe, RING_RUNNING, "copy", 3);
		probe_done(&probe);
	}
	assert_true(rolled > 2);
}

/* What it may go back to is known to the next daemon, which has to load it first. */
static void test_daemon_restarts(void **state)
{
	struct probe probe;

	probe_start(&probe, false);
	pass_time(&probe, 1000, true);
	assert_int_equal(swap(&probe, "paced"), 0);
	fixture_restart(&probe.fixture);
	assert_true(view(&probe).on_probation);
	assert_string_equal(view(&probe).fallback, "copy");
	break_it(&probe, &ways[0]);
	expect(&probe, RING_RUNNING, "copy", 3);
	probe_done(&probe);
}

/* It cannot be loaded any more: the ring is paused, which is better than a bad program. */
static void test_rollback_fails(void **state)
{
	struct probe probe;

	probe_start(&probe, false);
	pass_time(&probe, 1000, true);
	assert_int_equal(swap(&probe, "paced"), 0);
	fixture_restart(&probe.fixture);
	probe.fixture.plan = (struct fail_plan){.at = 1, .error = -ENOMEM};
	break_it(&probe, &ways[0]);
	assert_string_equal(probe.fixture.plan.failed, "program_load");
	expect(&probe, RING_PAUSED, "paced", 2);
	probe.fixture.plan = (struct fail_plan){};
	probe_done(&probe);
}

static void test_destroyed_while_rolling(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer gone = ANSWER_NONE;
	struct probe probe;

	probe_start(&probe, false);
	pass_time(&probe, 1000, true);
	assert_int_equal(swap(&probe, "paced"), 0);
	set_last(&probe.fixture, "r1", IOURD_STEP_PROGRAM);
	hosts_fake_returned(host_of(&probe.fixture, "r1"), -EINVAL);
	assert_int_equal(
		manager_ring_destroy(probe.fixture.manager, &alice, "r1", answer_ring, &gone, NULL),
		0);
	fixture_run(&probe.fixture);
	assert_int_equal(gone.calls, 1);
	answer_done(&gone);
	probe_done(&probe);
}

/* The fallback is in the array, but the host cannot be ordered to enter the loop. */
static void test_rolled_back_but_the_host_cannot_be_ordered(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer resumed = ANSWER_NONE;
	struct probe probe;

	probe_start(&probe, false);
	pass_time(&probe, 1000, true);
	assert_int_equal(swap(&probe, "paced"), 0);
	hosts_fake_refuse_commands(probe.fixture.hosts, -EAGAIN);
	returned(&probe, -EINVAL, IOURD_STEP_PROGRAM);
	expect(&probe, RING_PAUSED, "copy", 3);
	expect_reason(&probe, EVENT_PAUSED, "could not be ordered to enter the loop again");
	assert_int_equal(counts(&probe)->pause, 1);
	/* it can be resumed once the host listens again */
	hosts_fake_refuse_commands(probe.fixture.hosts, 0);
	assert_int_equal(manager_ring_resume(probe.fixture.manager, &alice, "r1", answer_ring,
					     &resumed, NULL),
			 0);
	fixture_run(&probe.fixture);
	expect(&probe, RING_RUNNING, "copy", 3);
	answer_done(&resumed);
	probe_done(&probe);
}

/* A program that stalls takes no step any more, even if its host cannot be ordered to pause. */
static void test_stalls_and_the_host_cannot_be_ordered(void **state)
{
	struct probe probe;
	unsigned int kicks;

	probe_start(&probe, false);
	pass_time(&probe, 250, true);
	kern_fake_set_waiting(probe.fixture.kern, RING_FD, 3);
	hosts_fake_refuse_commands(probe.fixture.hosts, -EAGAIN);
	kicks = hosts_fake_kicks(host_of(&probe.fixture, "r1"));
	pass_time(&probe, 700, false);
	assert_int_equal(counts(&probe)->pause, 1);
	assert_int_equal(hosts_fake_kicks(host_of(&probe.fixture, "r1")), kicks + 1);
	/* the kick made it meet the flag */
	returned(&probe, 0, IOURD_STEP_PAUSED);
	expect(&probe, RING_PAUSED, "copy", 1);
	expect_reason(&probe, EVENT_PAUSED, "stands still");
	hosts_fake_refuse_commands(probe.fixture.hosts, 0);
	probe_done(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_rolled_back),
		cmocka_unit_test(test_return_crosses_swap),
		cmocka_unit_test(test_nothing_to_go_back_to),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_stands_still),
		cmocka_unit_test(test_slow_is_not_still),
		cmocka_unit_test(test_nudged),
		cmocka_unit_test(test_paused_meanwhile),
		cmocka_unit_test(test_stopped_meanwhile),
		cmocka_unit_test(test_does_not_flap),
		cmocka_unit_test(test_by_request),
		cmocka_unit_test(test_killed_while_rolling),
		cmocka_unit_test(test_daemon_restarts),
		cmocka_unit_test(test_rollback_fails),
		cmocka_unit_test(test_destroyed_while_rolling),
		cmocka_unit_test(test_rolled_back_but_the_host_cannot_be_ordered),
		cmocka_unit_test(test_stalls_and_the_host_cannot_be_ordered),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/probation", tests, NULL, NULL);
}
