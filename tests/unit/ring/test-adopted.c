/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings that their applications make and run themselves; the test is the application. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

#define RING_FD 7

struct adopted {
	struct fixture fixture;
	struct answer prepared; /* its lease and region */
};

static int prepare(struct fixture *fixture, uid_t uid, const struct sample *sample,
		   struct answer *answer, struct note *note)
{
	const struct peer peer = peer_of(uid);

	return manager_ring_prepare(fixture->manager, &peer, &sample->request, answer_ring, answer,
				    note);
}

static int adopt(struct fixture *fixture, uid_t uid, int region, struct answer *answer,
		 struct note *note)
{
	const struct peer peer = peer_of(uid);
	const struct ring_adoption adoption = {
		.ring_fd = RING_FD, .region_fd = region, .region_address = 0x7000000};

	return manager_ring_adopt(fixture->manager, &peer, "r1", &adoption, answer_ring, answer,
				  note);
}

static void begin(struct adopted *adopted)
{
	struct sample sample;

	*adopted = (struct adopted){.prepared = ANSWER_NONE};
	adopted->prepared.keep = true;
	fixture_start(&adopted->fixture);
	kern_fake_set_entries(adopted->fixture.kern, 64, 128);
	sample_init(&sample, "r1");
	assert_int_equal(prepare(&adopted->fixture, ALICE, &sample, &adopted->prepared, NULL), 0);
	fixture_run(&adopted->fixture);
	sample_done(&sample);
	assert_int_equal(adopted->prepared.r, 0);
	assert_true(adopted->prepared.lease >= 0 && adopted->prepared.region >= 0);
}

static void begin_adopted(struct adopted *adopted)
{
	struct answer answer = ANSWER_NONE;

	begin(adopted);
	assert_int_equal(adopt(&adopted->fixture, ALICE, adopted->prepared.region, &answer, NULL),
			 0);
	fixture_run(&adopted->fixture);
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.calls, 1);
	answer_done(&answer);
}

static void end(struct adopted *adopted)
{
	answer_done(&adopted->prepared);
	fixture_run(&adopted->fixture);
	fixture_done(&adopted->fixture);
}

static volatile struct iourd_dispatch *dispatch_of(struct adopted *adopted)
{
	return &pinned_of(&adopted->fixture, "r1")->record.dispatch;
}

static int steer(struct adopted *adopted,
		 int (*request)(struct manager *, const struct peer *, const char *, ring_done,
				void *, struct note *))
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct note note = {};
	int r = request(adopted->fixture.manager, &alice, "r1", answer_ring, &answer, &note);

	fixture_run(&adopted->fixture);
	r = r ?: answer.r;
	note_done(&note);
	answer_done(&answer);
	return r;
}

static int report(struct adopted *adopted, int result, uint32_t last, bool *ret_pending)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct note note = {};
	int r;

	set_last(&adopted->fixture, "r1", last);
	*ret_pending = false;
	r = manager_ring_report(adopted->fixture.manager, &alice, "r1", result, answer_ring,
				&answer, &note, ret_pending);
	fixture_run(&adopted->fixture);
	if (r == 0 && *ret_pending) {
		assert_int_equal(answer.calls, 1);
		r = answer.r;
	} else {
		assert_int_equal(answer.calls, 0);
	}
	note_done(&note);
	answer_done(&answer);
	return r;
}

static struct ring_view view(struct adopted *adopted)
{
	struct ring_view view = {};

	assert_int_equal(find_ring(&adopted->fixture, "r1", NULL, &view), 0);
	return view;
}

static void swap(struct adopted *adopted, const char *program)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;

	assert_int_equal(manager_ring_swap(adopted->fixture.manager, &alice, "r1", program, 0,
					   answer_ring, &answer, NULL),
			 0);
	fixture_run(&adopted->fixture);
	assert_int_equal(answer.r, 0);
	answer_done(&answer);
}

static void test_life(void **state)
{
	struct adopted adopted;

	begin_adopted(&adopted);
	assert_int_equal(view(&adopted).state, RING_CREATED);
	assert_true(view(&adopted).adopted);
	assert_int_equal(kern_fake_dispatcher_ring(dispatcher_of(&adopted.fixture, "r1")), RING_FD);
	assert_int_equal(dispatch_of(&adopted)->pause, 1); /* it takes no step yet */
	assert_int_equal(steer(&adopted, manager_ring_start), 0);
	assert_int_equal(view(&adopted).state, RING_RUNNING);
	assert_int_equal(dispatch_of(&adopted)->pause, 0);
	assert_int_equal(steer(&adopted, manager_ring_pause), 0);
	assert_int_equal(dispatch_of(&adopted)->pause, 1);
	assert_int_equal(view(&adopted).state, RING_PAUSED);
	assert_int_equal(steer(&adopted, manager_ring_resume), 0);
	assert_int_equal(dispatch_of(&adopted)->pause, 0);
	swap(&adopted, "paced");
	assert_int_equal(view(&adopted).generation, 2);
	assert_int_equal(steer(&adopted, manager_ring_destroy), 0);
	assert_int_equal(hosts_fake_count(adopted.fixture.hosts), 0);
	end(&adopted);
}

static void test_closed(void **state)
{
	struct adopted adopted;

	begin_adopted(&adopted);
	assert_int_equal(steer(&adopted, manager_ring_start), 0);
	answer_done(&adopted.prepared); /* closes its lease */
	fixture_run(&adopted.fixture);
	assert_nothing_left(&adopted.fixture);
	assert_string_equal(last_event(&adopted.fixture)->reason,
			    "its application has closed it, or is gone");
	end(&adopted);
}

static void test_never_adopted(void **state)
{
	struct adopted adopted;
	struct answer answer = ANSWER_NONE;
	struct note note = {};

	begin(&adopted);
	clock_fake_advance(&adopted.fixture.clock, 10000);
	fixture_run(&adopted.fixture);
	assert_int_equal(adopt(&adopted.fixture, ALICE, adopted.prepared.region, &answer, &note),
			 FAULT_RING_NOT_FOUND);
	note_done(&note);
	end(&adopted);
}

static void test_who_may(void **state)
{
	struct adopted adopted;
	struct answer answer = ANSWER_NONE;
	struct note note = {};

	begin(&adopted);
	assert_int_equal(adopt(&adopted.fixture, BOB, 3, &answer, &note), FAULT_RING_NOT_FOUND);
	note_done(&note);
	/* somebody else listens on its lease: it can be mended */
	adopted.fixture.plan = (struct fail_plan){.at = 1, .error = -EPERM};
	assert_int_equal(adopt(&adopted.fixture, ALICE, 3, &answer, &note), FAULT_NOT_PERMITTED);
	assert_non_null(strstr(note.texts[0], "listen"));
	note_done(&note);
	adopted.fixture.plan = (struct fail_plan){};
	assert_int_equal(adopt(&adopted.fixture, ALICE, adopted.prepared.region, &answer, NULL), 0);
	/* once */
	assert_int_equal(adopt(&adopted.fixture, ALICE, 3, &answer, &note), FAULT_RING_BUSY);
	note_done(&note);
	fixture_run(&adopted.fixture);
	assert_int_equal(answer.r, 0);
	answer_done(&answer);
	end(&adopted);
}

static void test_who_may_ask(void **state)
{
	static const struct {
		enum policy_who who;
		uid_t uid;
		const char *lacks;
		const char *reason; /* NULL: may */
	} cases[] = {
		{WHO_ALL, ALICE, NULL, NULL},
		{WHO_ROOT, 0, NULL, NULL},
		{WHO_ROOT, ALICE, NULL, "adoptedRings in iouringd.conf"},
		{WHO_NONE, 0, NULL, "adoptedRings in iouringd.conf"},
		{WHO_ALL, 0, KERN_SAFE_ADOPTION, NULL},
		{WHO_ALL, ALICE, KERN_SAFE_ADOPTION, "on this kernel"},
		{WHO_ROOT, ALICE, KERN_SAFE_ADOPTION, "adoptedRings in iouringd.conf"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer answer = ANSWER_NONE;
		struct note note = {};
		struct fixture fixture;
		struct sample sample;
		int r;

		fixture_init(&fixture);
		fixture.policy.adopted = cases[i].who;
		assert_int_equal(fixture_manage(&fixture), 0);
		fixture_run(&fixture);
		if (cases[i].lacks)
			kern_fake_lack(fixture.kern, cases[i].lacks);
		sample_init(&sample, "r1");
		r = prepare(&fixture, cases[i].uid, &sample, &answer, &note);
		assert_int_equal(r, cases[i].reason ? FAULT_NOT_PERMITTED : 0);
		if (cases[i].reason)
			assert_non_null(strstr(note.texts[0], cases[i].reason));
		note_done(&note);
		fixture_run(&fixture);
		answer_done(&answer);
		sample_done(&sample);
		fixture_done(&fixture);
	}
}

/* What the kernel says of the descriptor is told of the parameter, and the ring ends. */
static void test_no_ring(void **state)
{
	static const struct {
		int error;
		int fault;
	} cases[] = {
		{-EBADF, FAULT_INVALID_PARAMETER}, {-EINVAL, FAULT_INVALID_PARAMETER},
		{-EBUSY, FAULT_INVALID_PARAMETER}, {-EOPNOTSUPP, FAULT_INVALID_PARAMETER},
		{-EAGAIN, FAULT_RING_BUSY},	   {-ENOMEM, -ENOMEM},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer answer = ANSWER_NONE;
		struct adopted adopted;

		begin(&adopted);
		/* application, ring_entries, dispatcher_set, dispatcher_attach */
		adopted.fixture.plan = (struct fail_plan){.at = 4, .error = cases[i].error};
		assert_int_equal(adopt(&adopted.fixture, ALICE, 3, &answer, NULL), 0);
		fixture_run(&adopted.fixture);
		assert_string_equal(adopted.fixture.plan.failed, "dispatcher_attach");
		assert_int_equal(answer.r, cases[i].fault);
		adopted.fixture.plan = (struct fail_plan){};
		answer_done(&answer);
		end(&adopted);
	}
}

/* The application exchanges its ring between the check and the attachment. */
static void test_exchanged_ring(void **state)
{
	struct answer answer = ANSWER_NONE;
	struct adopted adopted;

	begin(&adopted);
	kern_fake_exchange(adopted.fixture.kern, 64, 4096);
	assert_int_equal(adopt(&adopted.fixture, ALICE, 3, &answer, NULL), 0);
	fixture_run(&adopted.fixture);
	assert_int_equal(answer.r, FAULT_INVALID_PARAMETER);
	answer_done(&answer);
	end(&adopted);
}

/* What is wrong with the descriptor can be mended. */
static void test_unfit_ring(void **state)
{
	static const int errors[] = {-EBADF, -ESRCH, -EAGAIN, 0};
	struct answer answer = ANSWER_NONE;
	struct adopted adopted;
	struct note note = {};

	begin(&adopted);
	for (size_t i = 0; i < 4; i++) {
		adopted.fixture.plan =
			(struct fail_plan){.at = errors[i] ? 2 : 0, .error = errors[i]};
		kern_fake_set_entries(adopted.fixture.kern, 32, 128);
		assert_int_equal(adopt(&adopted.fixture, ALICE, 3, &answer, &note),
				 errors[i] == -EAGAIN ? FAULT_RING_BUSY : FAULT_INVALID_PARAMETER);
		if (errors[i] == 0)
			assert_non_null(strstr(note.texts[2], "64 submission and 128 completion"));
		note_done(&note);
	}
	kern_fake_set_entries(adopted.fixture.kern, 64, 128);
	assert_int_equal(adopt(&adopted.fixture, ALICE, adopted.prepared.region, &answer, NULL), 0);
	fixture_run(&adopted.fixture);
	assert_int_equal(answer.r, 0);
	answer_done(&answer);
	end(&adopted);
}

/* It keeps its ring's lock: everybody else's rings wait for that, so it is ended. */
static void test_keeps_its_lock(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer gone = ANSWER_NONE;
	struct adopted adopted;

	begin_adopted(&adopted);
	assert_int_equal(steer(&adopted, manager_ring_start), 0);
	assert_int_equal(manager_ring_destroy(adopted.fixture.manager, &alice, "r1", answer_ring,
					      &gone, NULL),
			 0);
	assert_int_equal(dispatch_of(&adopted)->pause, 1);
	/* the job that detaches does not end */
	clock_fake_advance(&adopted.fixture.clock, 4999);
	assert_false(hosts_fake_step(adopted.fixture.hosts));
	clock_fake_advance(&adopted.fixture.clock, 1);
	assert_true(hosts_fake_step(adopted.fixture.hosts)); /* killed, and gone */
	fixture_run(&adopted.fixture);
	assert_int_equal(gone.r, 0);
	assert_int_equal(gone.calls, 1);
	answer_done(&gone);
	end(&adopted);
}

static void test_reports(void **state)
{
	struct adopted adopted;
	bool pending;

	begin_adopted(&adopted);
	assert_int_equal(steer(&adopted, manager_ring_start), 0);
	/* paused: the ring's state is known already */
	assert_int_equal(steer(&adopted, manager_ring_pause), 0);
	assert_int_equal(report(&adopted, 0, IOURD_STEP_PAUSED, &pending), 0);
	assert_int_equal(view(&adopted).state, RING_PAUSED);
	assert_int_equal(steer(&adopted, manager_ring_resume), 0);
	/* the same, told when the pause is over: it runs on */
	assert_int_equal(report(&adopted, 0, IOURD_STEP_PAUSED, &pending), 0);
	assert_int_equal(view(&adopted).state, RING_RUNNING);
	/* garbage, with nothing to go back to */
	assert_int_equal(report(&adopted, -EINVAL, IOURD_STEP_PROGRAM, &pending), 0);
	assert_false(pending);
	assert_int_equal(view(&adopted).state, RING_PAUSED);
	assert_int_equal(dispatch_of(&adopted)->pause, 1);
	assert_int_equal(steer(&adopted, manager_ring_resume), 0);
	/* with something to go back to, the answer waits until it is there */
	for (int i = 0; i < 20; i++) {
		dispatch_of(&adopted)->steps++;
		clock_fake_advance(&adopted.fixture.clock, 125);
		fixture_run(&adopted.fixture);
	}
	swap(&adopted, "paced");
	assert_int_equal(report(&adopted, -EINVAL, IOURD_STEP_PROGRAM, &pending), 0);
	assert_true(pending);
	assert_int_equal(view(&adopted).state, RING_RUNNING);
	assert_int_equal(view(&adopted).generation, 3);
	assert_string_equal(view(&adopted).program->descriptor.name, "copy");
	/* the end of its work */
	assert_int_equal(report(&adopted, 0, IOURD_STEP_PROGRAM, &pending), 0);
	assert_int_equal(view(&adopted).state, RING_STOPPED);
	end(&adopted);
}

/* The last word of a work counts, whatever else is being asked. */
static void test_reports_beside_a_request(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer paused = ANSWER_NONE;
	struct adopted adopted;
	bool pending;

	begin_adopted(&adopted);
	assert_int_equal(steer(&adopted, manager_ring_start), 0);
	assert_int_equal(manager_ring_pause(adopted.fixture.manager, &alice, "r1", answer_ring,
					    &paused, NULL),
			 0);
	assert_int_equal(report(&adopted, 0, IOURD_STEP_PROGRAM, &pending), 0);
	assert_int_equal(view(&adopted).state, RING_STOPPED);
	assert_int_equal(paused.r, FAULT_RING_BUSY); /* it stopped before it could pause */
	answer_done(&paused);
	end(&adopted);
}

static void test_hosted_rings_do_not_report(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct answer answer;
	struct fixture fixture;
	struct note note = {};
	bool pending;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(manager_ring_report(fixture.manager, &alice, "r1", 0, answer_ring, NULL,
					     &note, &pending),
			 FAULT_RING_BUSY);
	note_done(&note);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_next_daemon(void **state)
{
	for (int crash = 0; crash < 2; crash++)
		for (int phase = 0; phase < 3; phase++) {
			enum ring_state expected;
			struct adopted adopted;

			begin_adopted(&adopted);
			if (phase > 0)
				assert_int_equal(steer(&adopted, manager_ring_start), 0);
			if (phase > 1)
				assert_int_equal(steer(&adopted, manager_ring_pause), 0);
			expected = view(&adopted).state;
			if (crash)
				fixture_crash(&adopted.fixture);
			else
				fixture_restart(&adopted.fixture);
			assert_int_equal(view(&adopted).state, expected);
			assert_true(view(&adopted).adopted);
			assert_true(view(&adopted).region_fd >= 0);
			assert_int_equal(dispatch_of(&adopted)->pause, expected != RING_RUNNING);
			if (phase == 0)
				assert_int_equal(steer(&adopted, manager_ring_start), 0);
			if (phase == 1)
				assert_int_equal(steer(&adopted, manager_ring_pause), 0);
			if (phase == 2)
				assert_int_equal(steer(&adopted, manager_ring_resume), 0);
			if (!crash) { /* what a dead daemon held keeps the lease open here */
				answer_done(&adopted.prepared);
				fixture_run(&adopted.fixture);
				assert_nothing_left(&adopted.fixture);
			}
			end(&adopted);
		}
}

/* Its application accepts no connection. It is paused, and its owner may end it or let it go on. */
static void test_out_of_reach(void **state)
{
	for (int phase = 0; phase < 3; phase++) {
		struct adopted adopted;

		begin_adopted(&adopted);
		assert_int_equal(steer(&adopted, manager_ring_start), 0);
		fixture_kill(&adopted.fixture);
		hosts_fake_set_unresponsive(host_search(&adopted.fixture, "r1"));
		if (phase == 2) /* of an earlier version's daemon: only the lease is known */
			pinned_of(&adopted.fixture, "r1")->record.ledger.process_inode = 0;
		assert_int_equal(fixture_manage(&adopted.fixture), 0);
		fixture_run(&adopted.fixture);
		assert_int_equal(view(&adopted).state, RING_PAUSED);
		assert_int_equal(dispatch_of(&adopted)->pause, 1);
		if (phase == 1) {
			assert_int_equal(steer(&adopted, manager_ring_resume), 0);
			assert_int_equal(view(&adopted).state, RING_RUNNING);
			assert_int_equal(dispatch_of(&adopted)->pause, 0);
		}
		assert_int_equal(steer(&adopted, manager_ring_destroy), 0);
		assert_nothing_left(&adopted.fixture);
		end(&adopted);
	}
}

/* Killed between any two steps of making it: it is there, or nothing is, and nobody is ended. */
static void test_killed_while_adopting(void **state)
{
	bool idle = false;

	for (unsigned int n = 0; !idle; n++) {
		struct answer prepared = ANSWER_NONE, answer = ANSWER_NONE;
		struct fixture fixture;
		struct sample sample;
		const struct peer root = peer_of(0);

		prepared.keep = true;
		fixture_start(&fixture);
		kern_fake_set_entries(fixture.kern, 64, 128);
		sample_init(&sample, "r1");
		assert_int_equal(prepare(&fixture, ALICE, &sample, &prepared, NULL), 0);
		for (unsigned int i = 0; i < n && !idle; i++) {
			idle = !fixture_step(&fixture);
			if (prepared.calls == 1 && answer.arg == NULL) {
				answer.arg = &answer;
				adopt(&fixture, ALICE, prepared.region, &answer, NULL);
				idle = false;
			}
		}
		fixture_crash(&fixture);
		assert_int_equal(manager_ring_count(fixture.manager, &root), answer.calls);
		answer_done(&answer);
		answer_done(&prepared);
		sample_done(&sample);
		fixture_run(&fixture);
		fixture_done(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_never_adopted),
		cmocka_unit_test(test_who_may),
		cmocka_unit_test(test_who_may_ask),
		cmocka_unit_test(test_no_ring),
		cmocka_unit_test(test_exchanged_ring),
		cmocka_unit_test(test_unfit_ring),
		cmocka_unit_test(test_keeps_its_lock),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_reports_beside_a_request),
		cmocka_unit_test(test_hosted_rings_do_not_report),
		cmocka_unit_test(test_next_daemon),
		cmocka_unit_test(test_out_of_reach),
		cmocka_unit_test(test_killed_while_adopting),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/adopted", tests, NULL, NULL);
}
