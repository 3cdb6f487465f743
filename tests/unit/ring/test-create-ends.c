/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A ring that does not come to be: whatever ends its making, nothing of it is left. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

/* The host dies before step n, for every n: whatever the ring was doing, it goes wholly. */
static void die_at_each_step(bool (*step)(struct fixture *fixture), int code, int status)
{
	bool reached = true;

	for (unsigned int n = 0; reached; n++) {
		struct fixture fixture;
		struct answer answer = ANSWER_NONE;
		struct sample sample;
		struct host *host;

		fixture_start(&fixture);
		sample_init(&sample, "r1");
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
		sample_done(&sample);
		answer.keep = true;
		for (unsigned int i = 0; i < n && reached; i++)
			reached = step(&fixture);
		host = host_search(&fixture, "r1");
		if (reached && host && answer.calls == 0)
			hosts_fake_exited(host, code, status);
		else
			reached = false;
		while (step(&fixture))
			;
		assert_int_equal(answer.calls, 1);
		assert_int_equal(answer.r == 0, !reached);
		answer_done(&answer);
		fixture_run(&fixture);
		assert_nothing_left(&fixture);
		fixture_done(&fixture);
	}
}

static void test_host_dies_at_each_step(void **state)
{
	die_at_each_step(fixture_step, CLD_KILLED, SIGKILL);
	die_at_each_step(fixture_step_hosts, CLD_KILLED, SIGKILL);
	die_at_each_step(fixture_step_youngest, CLD_KILLED, SIGKILL);
	die_at_each_step(fixture_step, CLD_EXITED, 1);
	die_at_each_step(fixture_step_hosts, CLD_EXITED, 0);
}

/* It is destroyed before step n, for every n. */
static void destroy_at_each_step(bool (*step)(struct fixture *fixture))
{
	const struct peer alice = peer_of(ALICE);
	bool made = false;

	for (unsigned int n = 0; !made; n++) {
		struct fixture fixture;
		struct answer create = ANSWER_NONE, destroy = ANSWER_NONE;
		struct sample sample;

		fixture_init(&fixture);
		assert_int_equal(fixture_manage(&fixture), 0);
		sample_init(&sample, "r1");
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &create, NULL), 0);
		sample_done(&sample);
		create.keep = true;
		for (unsigned int i = 0; i < n; i++)
			step(&fixture);
		made = create.calls == 1;
		assert_int_equal(manager_ring_destroy(fixture.manager, &alice, "r1", answer_ring,
						      &destroy, NULL),
				 0);
		assert_int_equal(destroy.calls, 0);
		while (step(&fixture))
			;
		assert_int_equal(create.calls, 1);
		assert_int_equal(create.r, made ? 0 : FAULT_RING_BUSY);
		assert_int_equal(destroy.calls, 1);
		assert_int_equal(destroy.r, 0);
		answer_done(&create);
		assert_nothing_left(&fixture);
		fixture_done(&fixture);
	}
}

static void test_destroyed_at_each_step(void **state)
{
	destroy_at_each_step(fixture_step);
	destroy_at_each_step(fixture_step_hosts);
	destroy_at_each_step(fixture_step_youngest);
}

static void test_client_gone_before_the_answer(void **state)
{
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;

	fixture_start(&fixture);
	sample_init(&sample, "r1");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	sample_done(&sample);
	/* Nobody keeps the lease that the answer offers. */
	fixture_run(&fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, 0);
	assert_nothing_left(&fixture);
	assert_int_equal(last_event(&fixture)->kind, EVENT_DESTROYED);
	assert_string_equal(last_event(&fixture)->reason, "its client is gone");
	fixture_done(&fixture);
}

static void test_host_refuses(void **state)
{
	static const struct {
		enum control_stage stage;
		int error;
		int r;
		const char *text; /* in the error's first field */
	} cases[] = {
		{STAGE_REGION, ENOMEM, FAULT_QUOTA_EXCEEDED, "lockedMemory"},
		{STAGE_BUFFERS, ENOMEM, FAULT_QUOTA_EXCEEDED, "lockedMemory"},
		{STAGE_RING, EPERM, FAULT_NOT_PERMITTED, "kernel.io_uring_disabled"},
		{STAGE_CREDENTIALS, EPERM, -EPERM},
		{STAGE_FILES, EBADF, -EBADF},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture fixture;
		struct answer answer = ANSWER_NONE;
		struct sample sample;

		fixture_start(&fixture);
		sample_init(&sample, "r1");
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
		sample_done(&sample);
		hosts_fake_mute(fixture.hosts, true);
		executor_fake_run(&fixture.executor);
		hosts_fake_refused(host_of(&fixture, "r1"), cases[i].stage, cases[i].error);
		hosts_fake_exited(host_of(&fixture, "r1"), CLD_EXITED, 1);
		fixture_run(&fixture);
		assert_int_equal(answer.calls, 1);
		assert_int_equal(answer.r, cases[i].r);
		if (cases[i].r < 0) { /* the caller sees an errno only: what it was is told here */
			assert_int_equal(last_event(&fixture)->kind, EVENT_FAILED);
			assert_non_null(strstr(last_event(&fixture)->reason, "its host failed at"));
		} else {
			assert_non_null(strstr(answer.note.texts[0], cases[i].text));
			assert_int_equal(fixture.n_events, 0);
		}
		assert_nothing_left(&fixture);
		answer_done(&answer);
		fixture_done(&fixture);
	}
}

static void test_host_never_ready(void **state)
{
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;

	fixture_start(&fixture);
	hosts_fake_mute(fixture.hosts, true);
	sample_init(&sample, "r1");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	sample_done(&sample);
	fixture_run(&fixture);
	assert_int_equal(answer.calls, 0);
	clock_fake_advance(&fixture.clock, 60000); /* patience is over: END */
	fixture_run(&fixture);
	assert_int_equal(hosts_fake_last_command(host_of(&fixture, "r1")), CONTROL_END);
	assert_int_equal(answer.calls, 0);
	clock_fake_advance(&fixture.clock, 2000); /* it is killed */
	fixture_run(&fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, -ETIMEDOUT);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_dies_at_each_step),
		cmocka_unit_test(test_destroyed_at_each_step),
		cmocka_unit_test(test_client_gone_before_the_answer),
		cmocka_unit_test(test_host_refuses),
		cmocka_unit_test(test_host_never_ready),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/create-ends", tests, NULL, NULL);
}
