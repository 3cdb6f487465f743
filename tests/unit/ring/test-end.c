/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How rings end: their host dies, their client goes, somebody destroys them. */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/asking.h"
#include "unit/ring/fixture.h"

static void test_host_dies(void **state)
{
	struct answer answer, pause;
	struct iourd_head *head;
	struct fixture fixture;

	begin_pause(&fixture, &answer, &pause);
	head = map_head(&answer);
	hosts_fake_exited(host_of(&fixture, "r1"), CLD_KILLED, SIGKILL);
	assert_int_equal(pause.calls, 0); /* answered when nothing of the ring is left */
	assert_int_equal(last_event(&fixture)->kind, EVENT_FAILED);
	assert_int_equal(state_of(&fixture, "r1"), RING_ENDING);
	fixture_run(&fixture);
	assert_int_equal(pause.calls, 1);
	assert_int_equal(pause.r, FAULT_RING_BUSY);
	assert_string_equal(pause.note.texts[1],
			    "it ended: its host was ended by signal 9 (SIGKILL)");
	assert_int_equal(last_event(&fixture)->kind, EVENT_DESTROYED);
	assert_int_equal(head->life.state, IOURD_RING_ENDED);
	munmap(head, 4096);
	answer_done(&pause);
	answer_done(&answer);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

static void test_host_exits(void **state)
{
	struct fixture fixture;
	struct answer answer;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	hosts_fake_exited(host_of(&fixture, "r1"), CLD_EXITED, 3);
	fixture_run(&fixture);
	assert_string_equal(last_event(&fixture)->reason, "its host exited with status 3");
	assert_int_equal(count_events(&fixture, EVENT_FAILED), 1);
	answer_done(&answer);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

static void test_lease_ends(void **state)
{
	for (int started = 0; started < 2; started++) {
		struct fixture fixture;
		struct answer answer;

		fixture_start(&fixture);
		make_ring(&fixture, "r1", &answer);
		if (started)
			start_ring(&fixture, "r1");
		answer_done(&answer);
		fixture_run(&fixture);
		assert_nothing_left(&fixture);
		assert_int_equal(last_event(&fixture)->kind, EVENT_DESTROYED);
		assert_string_equal(last_event(&fixture)->reason, "its client is gone");
		assert_int_equal(count_events(&fixture, EVENT_FAILED), 0);
		fixture_done(&fixture);
	}
}

static void test_host_that_does_not_end(void **state)
{
	const struct peer peer = peer_of(ALICE);
	struct answer answer, destroy = ANSWER_NONE, again = ANSWER_NONE;
	struct fixture fixture;
	struct note note = {};

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	start_ring(&fixture, "r1");
	hosts_fake_mute(fixture.hosts, true);
	assert_int_equal(ask(&fixture, manager_ring_destroy, &destroy, NULL), 0);
	assert_int_equal(
		manager_ring_destroy(fixture.manager, &peer, "r1", answer_ring, &again, &note),
		FAULT_RING_BUSY);
	note_done(&note);
	expect_busy(&fixture, manager_ring_pause, "it is ending");
	clock_fake_advance(&fixture.clock, 1999);
	fixture_run(&fixture);
	assert_int_equal(hosts_fake_alive(fixture.hosts), 1);
	clock_fake_advance(&fixture.clock, 1);
	fixture_run(&fixture);
	assert_int_equal(destroy.calls, 1);
	assert_int_equal(destroy.r, 0);
	assert_string_equal(last_event(&fixture)->reason, "its owner destroyed it");
	answer_done(&answer);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

static void test_destroy_joins_an_end_under_way(void **state)
{
	struct answer answer, destroy = ANSWER_NONE;
	struct fixture fixture;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	/* As iouctl does at Ctrl-C: lets the lease go, and asks for the end. */
	hosts_fake_exited(host_of(&fixture, "r1"), CLD_EXITED, 0);
	assert_int_equal(state_of(&fixture, "r1"), RING_ENDING);
	assert_int_equal(ask(&fixture, manager_ring_destroy, &destroy, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(destroy.calls, 1);
	assert_int_equal(destroy.r, 0);
	assert_string_equal(last_event(&fixture)->reason, "its client is gone");
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_host_that_is_going_when_asked(void **state)
{
	struct answer answer, start = ANSWER_NONE;
	struct fixture fixture;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	fixture.plan.at = fixture.plan.calls + 1;
	fixture.plan.error = -EPIPE;
	/* No failure of its own: the exit that follows says what happened. */
	assert_int_equal(ask(&fixture, manager_ring_start, &start, NULL), 0);
	assert_string_equal(fixture.plan.failed, "host command");
	fixture_run(&fixture);
	assert_int_equal(start.calls, 1);
	assert_int_equal(start.r, FAULT_RING_BUSY);
	assert_string_equal(start.note.texts[1], "it ended: its client is gone");
	answer_done(&start);
	answer_done(&answer);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

/* Its host waits in the kernel for a file that does not answer. */
static void test_host_that_cannot_be_killed(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer, other, destroy = ANSWER_NONE, again = ANSWER_NONE;
	struct fixture fixture;
	struct ring_view view;
	struct note note = {};

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	start_ring(&fixture, "r1");
	hosts_fake_set_stuck(host_of(&fixture, "r1"), true);
	assert_int_equal(ask(&fixture, manager_ring_destroy, &destroy, NULL), 0);
	clock_fake_advance(&fixture.clock, 2000);
	fixture_run(&fixture);
	assert_int_equal(destroy.calls, 0);
	clock_fake_advance(&fixture.clock, 2000);
	fixture_run(&fixture);
	assert_int_equal(destroy.calls, 1);
	assert_int_equal(destroy.r, FAULT_RING_BUSY);
	assert_non_null(strstr(destroy.note.texts[1], "was killed and does not end"));
	assert_string_equal(destroy.note.texts[0], "r1");
	assert_non_null(strstr(destroy.note.texts[1], "the ring is called r1-ending-1"));
	assert_string_equal(last_event(&fixture)->ring, "r1");
	assert_int_equal(last_event(&fixture)->kind, EVENT_FAILED);
	assert_int_equal(manager_ring_find(fixture.manager, &alice, "r1", &note, &view),
			 FAULT_RING_NOT_FOUND);
	note_done(&note);
	assert_int_equal(manager_ring_find(fixture.manager, &alice, "r1-ending-1", NULL, &view), 0);
	assert_int_equal(view.state, RING_ENDING);
	assert_non_null(strstr(view.reason, "waits in the kernel"));
	assert_int_equal(manager_ring_destroy(fixture.manager, &alice, "r1-ending-1", answer_ring,
					      &again, &note),
			 FAULT_RING_BUSY);
	assert_non_null(strstr(note.texts[1], "was killed and does not end"));
	note_done(&note);
	/* its name is free, also for another one that does not end */
	make_ring(&fixture, "r1", &other);
	start_ring(&fixture, "r1");
	hosts_fake_set_stuck(host_of(&fixture, "r1"), true);
	answer_done(&destroy);
	destroy = ANSWER_NONE;
	assert_int_equal(ask(&fixture, manager_ring_destroy, &destroy, NULL), 0);
	clock_fake_advance(&fixture.clock, 4000);
	fixture_run(&fixture);
	clock_fake_advance(&fixture.clock, 4000);
	assert_int_equal(destroy.calls, 1);
	assert_int_equal(state_of(&fixture, "r1-ending-2"), RING_ENDING);
	hosts_fake_set_stuck(host_of(&fixture, "r1-ending-2"), false);
	fixture_run(&fixture);
	answer_done(&other);
	/* others come and go */
	make_ring(&fixture, "r2", &other);
	destroy_ring(&fixture, "r2");
	answer_done(&other);
	hosts_fake_set_stuck(host_of(&fixture, "r1-ending-1"), false);
	fixture_run(&fixture);
	answer_done(&destroy);
	answer_done(&answer);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

static void test_look_at_a_ring_that_is_being_removed(void **state)
{
	const struct peer peer = peer_of(ALICE);
	struct answer answer, destroy = ANSWER_NONE;
	struct fixture fixture;
	struct ring_view view;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	start_ring(&fixture, "r1");
	dispatch_of(&fixture)->steps = 123;
	assert_int_equal(ask(&fixture, manager_ring_destroy, &destroy, NULL), 0);
	while (hosts_fake_step(fixture.hosts))
		;
	for (int i = 0; i < 2; i++) { /* before and after the job's work */
		assert_int_equal(manager_ring_find(fixture.manager, &peer, "r1", NULL, &view), 0);
		assert_int_equal(view.state, RING_ENDING);
		assert_int_equal(view.steps, 123);
		executor_fake_work(&fixture.executor);
	}
	fixture_run(&fixture);
	assert_int_equal(destroy.calls, 1);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* Until the child sleeps, which is in the futex: it waits for nothing else. */
static void wait_until_asleep(pid_t pid)
{
	char path[64], stat[256], *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do {
		sched_yield();
		file = fopen(path, "re");
		assert_non_null(file);
		assert_non_null(fgets(stat, sizeof(stat), file));
		fclose(file);
		state = strrchr(stat, ')') + 2;
	} while (*state == 'R');
}

static void test_waiters_are_woken(void **state)
{
	struct iourd_head *head;
	struct fixture fixture;
	struct answer answer;
	uint32_t event;
	int status;
	pid_t pid;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	head = map_head(&answer);
	event = __atomic_load_n(&head->life.event, __ATOMIC_ACQUIRE);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct timespec limit = {.tv_sec = 20};

		if (syscall(SYS_futex, &head->life.event, FUTEX_WAIT, event, &limit, NULL, 0) < 0)
			_exit(errno == ETIMEDOUT ? 1 : 3);
		_exit(head->life.state == IOURD_RING_ENDED ? 0 : 2);
	}
	wait_until_asleep(pid);
	destroy_ring(&fixture, "r1");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	munmap(head, 4096);
	answer_done(&answer);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_dies),
		cmocka_unit_test(test_host_exits),
		cmocka_unit_test(test_lease_ends),
		cmocka_unit_test(test_host_that_does_not_end),
		cmocka_unit_test(test_destroy_joins_an_end_under_way),
		cmocka_unit_test(test_host_that_is_going_when_asked),
		cmocka_unit_test(test_host_that_cannot_be_killed),
		cmocka_unit_test(test_look_at_a_ring_that_is_being_removed),
		cmocka_unit_test(test_waiters_are_woken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/end", tests, NULL, NULL);
}
