/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a ring waits for that takes no step, and the requests that wait for such a ring. */
#include <linux/io_uring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "unit/ring/asking.h"
#include "unit/ring/fixture.h"

static const struct ring_waiting *look(struct fixture *fixture, struct ring_view *view)
{
	assert_int_equal(find_ring(fixture, "r1", NULL, view), 0);
	return view->waiting.text ? &view->waiting : NULL;
}

/* A running ring whose last step was @ms ago, and whose host waits so. */
static void begin(struct fixture *fixture, struct answer *answer, unsigned int ms,
		  const struct host_waits *waits)
{
	fixture_start(fixture);
	make_ring(fixture, "r1", answer);
	start_ring(fixture, "r1");
	dispatch_of(fixture)->last_step = ((uint64_t)clock_ms() - ms) * 1000000;
	hosts_fake_set_waits(host_of(fixture, "r1"), waits);
}

static void end(struct fixture *fixture, struct answer *answer)
{
	answer_done(answer);
	fixture_done(fixture);
}

static void test_places(void **state)
{
	static const struct {
		struct host_waits waits;
		const char *operation, *slot, *text; /* the text's begin */
	} cases[] = {
		{{.place = HOST_WAIT_SUBMISSION,
		  .requests = 1,
		  .opcode = IORING_OP_WRITE_FIXED,
		  .slot = 1,
		  .function = "request_wait_answer"},
		 "WRITE_FIXED",
		 "target",
		 "its loop has waited for 65 s in the kernel (request_wait_answer), to submit "
		 "WRITE_FIXED of slot \"target\""},
		{{.place = HOST_WAIT_SUBMISSION, .requests = 1, .opcode = -1, .slot = -1},
		 NULL,
		 NULL,
		 "its loop has waited for 65 s in the kernel, to submit a request"},
		/* the slot is the only one that is read */
		{{.place = HOST_WAIT_READINESS,
		  .requests = 4,
		  .opcode = IORING_OP_READ_FIXED,
		  .slot = -1},
		 "READ_FIXED",
		 "source",
		 "4 READ_FIXED of slot \"source\" wait until the file is ready; the loop has taken "
		 "no step for 65 s"},
		{{.place = HOST_WAIT_READINESS, .requests = 2, .opcode = -1, .slot = -1},
		 NULL,
		 NULL,
		 "2 requests wait until the file is ready"},
		{{.place = HOST_WAIT_WORKER,
		  .requests = 1,
		  .opcode = -1,
		  .slot = -1,
		  .function = "folio_wait"},
		 NULL,
		 NULL,
		 "1 request waits in worker threads of the kernel (folio_wait); the loop"},
		/* the host is of another user's making: no slot has that number */
		{{.place = HOST_WAIT_SUBMISSION, .requests = 1, .opcode = 4711, .slot = 99},
		 NULL,
		 NULL,
		 "its loop has waited for 65 s in the kernel, to submit a request"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ring_waiting *waiting;
		struct fixture fixture;
		struct answer answer;
		struct ring_view view;

		begin(&fixture, &answer, 65500, &cases[i].waits);
		waiting = look(&fixture, &view);
		assert_non_null(waiting);
		assert_int_equal(waiting->place, cases[i].waits.place);
		assert_int_equal(waiting->requests, cases[i].waits.requests);
		assert_in_range(waiting->age_ns, 65500000000, 66000000000);
		assert_int_equal(strncmp(waiting->text, cases[i].text, strlen(cases[i].text)), 0);
		if (cases[i].operation)
			assert_string_equal(waiting->operation, cases[i].operation);
		else
			assert_null(waiting->operation);
		if (cases[i].slot)
			assert_string_equal(waiting->slot, cases[i].slot);
		else
			assert_null(waiting->slot);
		end(&fixture, &answer);
	}
}

/* Nothing is seen in the kernel: what the program counts is all that is known. */
static void test_elsewhere(void **state)
{
	const struct host_waits none = {.opcode = -1, .slot = -1};
	const struct ring_waiting *waiting;
	struct fixture fixture;
	struct answer answer;
	struct iourd_head *head;
	struct ring_view view;

	begin(&fixture, &answer, 3100, &none);
	assert_null(look(&fixture, &view));
	head = map_head(&answer);
	head->progress.flight = 3;
	waiting = look(&fixture, &view);
	assert_non_null(waiting);
	assert_int_equal(waiting->place, HOST_WAIT_NONE);
	assert_string_equal(waiting->text,
			    "3 requests are in flight; the loop has taken no step for 3 s");
	munmap(head, 4096);
	end(&fixture, &answer);
}

/* Also without requests in flight: a doorbell would not be heard. */
static void test_suspended(void **state)
{
	const struct host_waits waits = {
		.place = HOST_WAIT_WORKER, .requests = 1, .opcode = -1, .slot = -1};
	const struct ring_waiting *waiting;
	struct fixture fixture;
	struct answer answer;
	struct ring_view view;

	begin(&fixture, &answer, 3100, &waits);
	hosts_fake_set_suspended(host_of(&fixture, "r1"), true);
	waiting = look(&fixture, &view);
	assert_non_null(waiting);
	assert_int_equal(waiting->place, HOST_WAIT_SUSPENDED);
	assert_int_equal(waiting->requests, 0);
	assert_string_equal(waiting->text, "its process is stopped or its control group is frozen; "
					   "the loop has taken no step for 3 s");
	end(&fixture, &answer);
}

static void test_looks_are_bounded(void **state)
{
	const struct host_waits waits = {
		.place = HOST_WAIT_WORKER, .requests = 1, .opcode = -1, .slot = -1};
	struct fixture fixture;
	struct answer answer;
	struct ring_view view;
	struct host *host;

	begin(&fixture, &answer, 20, &waits);
	host = host_of(&fixture, "r1");
	assert_null(look(&fixture, &view)); /* it has just taken a step */
	assert_int_equal(hosts_fake_looks(host), 0);
	dispatch_of(&fixture)->last_step -= 5000000000;
	for (int i = 0; i < 10; i++)
		assert_non_null(look(&fixture, &view));
	assert_in_range(hosts_fake_looks(host), 1, 2); /* once a second */
	/* after another step it is looked at again */
	dispatch_of(&fixture)->last_step += 1000000000;
	assert_non_null(look(&fixture, &view));
	assert_in_range(hosts_fake_looks(host), 2, 3);
	expect_done(&fixture, manager_ring_pause, RING_PAUSED);
	assert_null(look(&fixture, &view));
	end(&fixture, &answer);
}

static void test_pause_of_a_loop_that_does_not_return(void **state)
{
	const struct host_waits waits = {
		.place = HOST_WAIT_SUBMISSION, .requests = 1, .opcode = -1, .slot = -1};
	struct answer answer, pause;
	struct fixture fixture;
	struct ring_view view;
	struct host *host;

	begin_pause(&fixture, &answer, &pause);
	host = host_of(&fixture, "r1");
	dispatch_of(&fixture)->last_step = ((uint64_t)clock_ms() - 9000) * 1000000;
	hosts_fake_set_waits(host, &waits);
	clock_fake_advance(&fixture.clock, 2999);
	assert_int_equal(pause.calls, 0);
	clock_fake_advance(&fixture.clock, 1);
	assert_int_equal(pause.calls, 1);
	assert_int_equal(pause.r, FAULT_RING_BUSY);
	assert_string_equal(pause.note.texts[1],
			    "it does not pause yet, but will when it can: its loop has waited for "
			    "9 s in the kernel, to submit a request");
	assert_int_equal(state_of(&fixture, "r1"), RING_RUNNING);
	assert_int_equal(dispatch_of(&fixture)->pause, 1);
	/* its file answers */
	hosts_fake_paused(host);
	assert_int_equal(find_ring(&fixture, "r1", NULL, &view), 0);
	assert_int_equal(view.state, RING_PAUSED);
	assert_int_equal(last_event(&fixture)->kind, EVENT_PAUSED);
	answer_done(&pause);
	end(&fixture, &answer);
}

static void test_destroy_says_what_it_waits_for(void **state)
{
	const struct host_waits waits = {.place = HOST_WAIT_SUBMISSION,
					 .requests = 1,
					 .opcode = IORING_OP_READ_FIXED,
					 .slot = 0};
	struct answer answer, destroy = ANSWER_NONE;
	struct fixture fixture;

	begin(&fixture, &answer, 4000, &waits);
	hosts_fake_set_stuck(host_of(&fixture, "r1"), true);
	assert_int_equal(ask(&fixture, manager_ring_destroy, &destroy, NULL), 0);
	clock_fake_advance(&fixture.clock, 2000);
	clock_fake_advance(&fixture.clock, 2000);
	assert_int_equal(destroy.calls, 1);
	assert_non_null(strstr(destroy.note.texts[1], "to submit READ_FIXED of slot \"source\""));
	hosts_fake_set_stuck(host_of(&fixture, "r1-ending-1"), false);
	fixture_run(&fixture);
	answer_done(&destroy);
	end(&fixture, &answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_suspended),
		cmocka_unit_test(test_looks_are_bounded),
		cmocka_unit_test(test_pause_of_a_loop_that_does_not_return),
		cmocka_unit_test(test_destroy_says_what_it_waits_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/waiting", tests, NULL, NULL);
}
