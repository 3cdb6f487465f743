/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start, pause, resume, stop and failure of a ring, and who may ask for it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/asking.h"
#include "unit/ring/fixture.h"

static void test_life(void **state)
{
	struct fixture fixture;
	struct iourd_head *head;
	struct answer answer;
	uint32_t event;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	head = map_head(&answer);
	expect_busy(&fixture, manager_ring_pause, "not started");
	expect_busy(&fixture, manager_ring_resume, "not started");

	event = head->life.event;
	expect_done(&fixture, manager_ring_start, RING_RUNNING);
	assert_int_equal(last_event(&fixture)->kind, EVENT_STARTED);
	assert_int_equal(head->life.state, IOURD_RING_RUNNING);
	assert_int_equal(head->life.event, event + 1);
	expect_busy(&fixture, manager_ring_start, "it is running already");
	expect_busy(&fixture, manager_ring_resume, "running");

	set_last(&fixture, "r1", IOURD_STEP_PAUSED);
	expect_done(&fixture, manager_ring_pause, RING_PAUSED);
	assert_int_equal(last_event(&fixture)->kind, EVENT_PAUSED);
	assert_int_equal(head->life.state, IOURD_RING_PAUSED);
	assert_int_equal(dispatch_of(&fixture)->pause, 1);
	expect_busy(&fixture, manager_ring_pause, "paused already");
	expect_busy(&fixture, manager_ring_start, "resume it");

	expect_done(&fixture, manager_ring_resume, RING_RUNNING);
	assert_int_equal(last_event(&fixture)->kind, EVENT_RESUMED);
	assert_int_equal(dispatch_of(&fixture)->pause, 0);
	assert_int_equal(head->life.event, event + 3);

	destroy_ring(&fixture, "r1");
	assert_int_equal(last_event(&fixture)->kind, EVENT_DESTROYED);
	assert_string_equal(last_event(&fixture)->reason, "an administrator destroyed it");
	assert_int_equal(head->life.state, IOURD_RING_ENDED);
	assert_int_equal(head->life.error, 0);
	munmap(head, 4096);
	answer_done(&answer);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

static void test_one_request_at_a_time(void **state)
{
	struct answer answer, start = ANSWER_NONE;
	struct fixture fixture;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(ask(&fixture, manager_ring_start, &start, NULL), 0);
	{
		const struct peer peer = peer_of(ALICE);
		struct answer other = ANSWER_NONE;
		struct note note = {};

		assert_int_equal(manager_ring_pause(fixture.manager, &peer, "r1", answer_ring,
						    &other, &note),
				 FAULT_RING_BUSY);
		assert_string_equal(note.texts[1], "it is being started");
		note_done(&note);
		assert_int_equal(manager_ring_swap(fixture.manager, &peer, "r1", "paced", 0,
						   answer_ring, &other, NULL),
				 FAULT_RING_BUSY);
		/* What was asked for is not so yet. */
		assert_int_equal(state_of(&fixture, "r1"), RING_CREATED);
	}
	fixture_run(&fixture);
	assert_int_equal(start.calls, 1);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_facts_come_from_the_dispatcher(void **state)
{
	const struct peer peer = peer_of(ALICE);
	struct iourd_head *head;
	struct fixture fixture;
	struct ring_view view;
	struct answer answer;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	start_ring(&fixture, "r1");
	head = map_head(&answer);
	memset(&head->identity, 0xff, sizeof(head->identity)); /* a client that lies */
	memset(&head->life, 0xff, sizeof(head->life));
	head->progress.done = 77;
	dispatch_of(&fixture)->steps = 5;
	dispatch_of(&fixture)->last_step = 6;
	assert_int_equal(manager_ring_find(fixture.manager, &peer, "r1", NULL, &view), 0);
	assert_int_equal(view.steps, 5);
	assert_int_equal(view.last_step_ns, 6);
	assert_int_equal(view.progress.done, 77);
	assert_int_equal(view.state, RING_RUNNING);
	assert_int_equal(view.generation, 1);
	assert_int_equal(view.data_size, 65536);
	assert_int_equal(view.region_size, 65536 + 4096);
	assert_int_equal(view.uid, ALICE);
	assert_true(view.pid > 0);
	assert_int_equal(view.lease_fd, -1);
	munmap(head, 4096);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* After its probation: a work that fails then is no fault of the program. */
static void expect_stop(uint32_t work, int error, uint32_t slot, const char *reason)
{
	struct iourd_head *head;
	struct fixture fixture;
	struct answer answer;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	start_ring(&fixture, "r1");
	clock_fake_advance(&fixture.clock, 1000);
	head = map_head(&answer);
	head->progress.state = work;
	head->progress.error = error;
	head->progress.error_slot = slot;
	head->progress.error_offset = 4096;
	hosts_fake_returned(host_of(&fixture, "r1"), 0);
	assert_int_equal(state_of(&fixture, "r1"), RING_STOPPED);
	assert_int_equal(last_event(&fixture)->kind, EVENT_STOPPED);
	assert_string_equal(last_event(&fixture)->reason, reason);
	assert_int_equal(head->life.state, IOURD_RING_STOPPED);
	expect_busy(&fixture, manager_ring_start, "a ring runs once");
	expect_busy(&fixture, manager_ring_pause, "it has stopped");
	expect_busy(&fixture, manager_ring_resume, "it has stopped");
	/* Its host still holds files and region, until somebody lets go of the ring. */
	assert_int_equal(hosts_fake_alive(fixture.hosts), 1);
	munmap(head, 4096);
	answer_done(&answer);
	fixture_run(&fixture);
	assert_nothing_left(&fixture);
	assert_string_equal(last_event(&fixture)->reason, "its client is gone");
	fixture_done(&fixture);
}

static void test_stops(void **state)
{
	expect_stop(IOURD_WORK_DONE, 0, 0, "the program is done");
	expect_stop(IOURD_WORK_STOPPED, 0, 0, "the program stopped: its application asked it to");
	expect_stop(IOURD_WORK_FAILED, ENOSPC, 1,
		    "the program failed: ENOSPC (No space left on device) at offset 4096 of slot "
		    "\"target\"");
	expect_stop(IOURD_WORK_RUNNING, 0, 0, "the program stopped without a reason");
	/* Nonsense in the region is only nonsense for a person. */
	expect_stop(IOURD_WORK_FAILED, -99999, UINT32_MAX,
		    "the program failed: error -99999 at offset 4096");
	expect_stop(12345, 0, 0, "the program stopped without a reason");
}

/* The application has read "done" in the region and is faster than the host. */
static void test_destroyed_before_the_stop_is_told(void **state)
{
	struct iourd_head *head;
	struct fixture fixture;
	struct answer created;
	struct answer destroyed = ANSWER_NONE;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &created);
	start_ring(&fixture, "r1");
	head = map_head(&created);
	head->progress.state = IOURD_WORK_DONE;
	assert_int_equal(ask(&fixture, manager_ring_destroy, &destroyed, NULL), 0);
	assert_int_equal(count_events(&fixture, EVENT_STOPPED), 1);
	assert_string_equal(last_event(&fixture)->reason, "the program is done");
	fixture_run(&fixture);
	assert_int_equal(destroyed.calls, 1);
	assert_int_equal(count_events(&fixture, EVENT_STOPPED), 1);
	assert_int_equal(last_event(&fixture)->kind, EVENT_DESTROYED);
	assert_string_equal(last_event(&fixture)->reason, "its owner destroyed it");
	munmap(head, 4096);
	answer_done(&destroyed);
	answer_done(&created);
	fixture_done(&fixture);
}

static void expect_failure(int result, uint32_t last, int error, const char *reason)
{
	struct iourd_head *head;
	struct fixture fixture;
	struct answer answer;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	start_ring(&fixture, "r1");
	head = map_head(&answer);
	set_last(&fixture, "r1", last);
	hosts_fake_returned(host_of(&fixture, "r1"), result);
	assert_int_equal(state_of(&fixture, "r1"), error == EFAULT ? RING_FAILED : RING_PAUSED);
	assert_int_equal(last_event(&fixture)->kind, error == EFAULT ? EVENT_FAILED : EVENT_PAUSED);
	if (!strstr(last_event(&fixture)->reason, reason))
		fail_msg("\"%s\" does not say \"%s\"", last_event(&fixture)->reason, reason);
	assert_int_equal(head->life.state, error == EFAULT ? IOURD_RING_FAILED : IOURD_RING_PAUSED);
	assert_int_equal(head->life.error, error);
	munmap(head, 4096);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_failures(void **state)
{
	expect_failure(-EINVAL, IOURD_STEP_PROGRAM, EINVAL, "neither continue nor stop");
	expect_failure(-EFAULT, IOURD_STEP_PROGRAM, EFAULT, "no longer attached");
	expect_failure(-EBADF, IOURD_STEP_PROGRAM, EBADF, "io_uring_enter failed: EBADF");
	expect_failure(0, IOURD_STEP_EMPTY, EPROTO, "no program asked for it");
	expect_failure(0, IOURD_STEP_NONE, EPROTO, "no program asked for it");
}

/* ---- pause and what crosses it ---- */

static void test_dispatcher_is_faster_than_the_command(void **state)
{
	struct answer answer, pause, resume = ANSWER_NONE;
	struct fixture fixture;

	begin_pause(&fixture, &answer, &pause);
	set_last(&fixture, "r1", IOURD_STEP_PAUSED);
	hosts_fake_returned(host_of(&fixture, "r1"), 0);
	assert_int_equal(pause.calls, 1);
	assert_int_equal(pause.r, 0);
	assert_int_equal(pause.state, RING_PAUSED);
	/* Resumed before the host has even seen the PAUSE: its answer comes late. */
	assert_int_equal(ask(&fixture, manager_ring_resume, &resume, NULL), 0);
	hosts_fake_paused(host_of(&fixture, "r1"));
	assert_int_equal(resume.calls, 0);
	hosts_fake_running(host_of(&fixture, "r1"));
	assert_int_equal(resume.calls, 1);
	assert_int_equal(resume.state, RING_RUNNING);
	assert_int_equal(count_events(&fixture, EVENT_PAUSED), 1);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_program_stops_before_the_pause(void **state)
{
	struct answer answer, pause;
	struct fixture fixture;

	begin_pause(&fixture, &answer, &pause);
	set_last(&fixture, "r1", IOURD_STEP_PROGRAM);
	hosts_fake_returned(host_of(&fixture, "r1"), 0);
	assert_int_equal(pause.calls, 1);
	assert_int_equal(pause.r, FAULT_RING_BUSY);
	assert_non_null(
		strstr(pause.note.texts[1], "it stopped before it could pause: the program"));
	assert_int_equal(state_of(&fixture, "r1"), RING_STOPPED);
	hosts_fake_paused(host_of(&fixture, "r1")); /* late: nothing changes */
	assert_int_equal(state_of(&fixture, "r1"), RING_STOPPED);
	answer_done(&pause);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_program_stops_in_its_pause(void **state)
{
	struct answer answer, pause;
	struct fixture fixture;

	begin_pause(&fixture, &answer, &pause);
	hosts_fake_paused(host_of(&fixture, "r1"));
	assert_int_equal(pause.r, 0);
	set_last(&fixture, "r1", IOURD_STEP_PROGRAM);
	hosts_fake_returned(host_of(&fixture, "r1"), 0);
	assert_int_equal(state_of(&fixture, "r1"), RING_STOPPED);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_stop_and_failure_while_resuming(void **state)
{
	for (int error = 0; error < 2; error++) {
		struct answer answer, pause, resume = ANSWER_NONE;
		struct fixture fixture;

		begin_pause(&fixture, &answer, &pause);
		hosts_fake_paused(host_of(&fixture, "r1"));
		assert_int_equal(ask(&fixture, manager_ring_resume, &resume, NULL), 0);
		assert_int_equal(dispatch_of(&fixture)->pause, 0);
		set_last(&fixture, "r1", IOURD_STEP_PROGRAM);
		hosts_fake_returned(host_of(&fixture, "r1"), error ? -EINVAL : 0);
		assert_int_equal(resume.calls, 1);
		assert_int_equal(resume.r, error ? FAULT_RING_BUSY : 0);
		assert_int_equal(state_of(&fixture, "r1"), error ? RING_PAUSED : RING_STOPPED);
		answer_done(&resume);
		answer_done(&answer);
		fixture_done(&fixture);
	}
}

static void test_enable_is_refused(void **state)
{
	struct answer answer, start = ANSWER_NONE;
	struct fixture fixture;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	hosts_fake_mute(fixture.hosts, true);
	assert_int_equal(ask(&fixture, manager_ring_start, &start, NULL), 0);
	hosts_fake_refused(host_of(&fixture, "r1"), STAGE_ENABLE, EPERM);
	assert_int_equal(start.calls, 1);
	assert_int_equal(start.r, FAULT_RING_BUSY);
	assert_int_equal(state_of(&fixture, "r1"), RING_FAILED);
	hosts_fake_exited(host_of(&fixture, "r1"), CLD_EXITED, 1);
	fixture_run(&fixture);
	assert_nothing_left(&(struct fixture){.manager = fixture.manager,
					      .kern = fixture.kern,
					      .hosts = fixture.hosts,
					      .fds = fixture.fds + 2}); /* lease, region */
	assert_non_null(strstr(last_event(&fixture)->reason, "EPERM"));
	answer_done(&start);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void destroy_from_within(struct answer *answer)
{
	const struct peer peer = peer_of(ALICE);

	answer->then = NULL;
	assert_int_equal(manager_ring_destroy(answer->arg, &peer, "r1", answer_ring, answer, NULL),
			 0);
}

static void test_requests_from_within_an_answer(void **state)
{
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;
	struct sample sample;

	fixture_start(&fixture);
	sample_init(&sample, "r1");
	answer.then = destroy_from_within;
	answer.arg = fixture.manager;
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	sample_done(&sample);
	fixture_run(&fixture);
	assert_int_equal(answer.calls, 2);
	assert_int_equal(answer.r, 0);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_one_request_at_a_time),
		cmocka_unit_test(test_facts_come_from_the_dispatcher),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_destroyed_before_the_stop_is_told),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_dispatcher_is_faster_than_the_command),
		cmocka_unit_test(test_program_stops_before_the_pause),
		cmocka_unit_test(test_program_stops_in_its_pause),
		cmocka_unit_test(test_stop_and_failure_while_resuming),
		cmocka_unit_test(test_enable_is_refused),
		cmocka_unit_test(test_requests_from_within_an_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/requests", tests, NULL, NULL);
}
