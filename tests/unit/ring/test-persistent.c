/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Persistent rings: who may have them, and that they live without a client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

static int create(struct fixture *fixture, uid_t uid, const char *name, struct answer *answer,
		  struct note *note)
{
	struct sample sample;
	int r;

	sample_init(&sample, name);
	sample.request.persistent = true;
	r = create_sample(fixture, uid, &sample, answer, note);
	sample_done(&sample);
	return r;
}

static void test_no_lease(void **state)
{
	const struct peer root = peer_of(0);
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;
	struct ring_view view;

	fixture_start(&fixture);
	assert_int_equal(create(&fixture, 0, "p1", &answer, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(answer.r, 0);
	assert_int_equal(hosts_fake_setup(host_of(&fixture, "p1"))->lease_fd, -1);
	assert_int_equal(find_ring(&fixture, "p1", NULL, &view), 0);
	assert_true(view.persistent);
	assert_int_equal(view.lease_fd, -1);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(find_ring(&fixture, "r1", NULL, &view), 0);
	assert_false(view.persistent);
	/* the client of both goes: hers ends, the persistent one stays */
	answer_done(&answer);
	fixture_run(&fixture);
	assert_int_equal(manager_ring_count(fixture.manager, &root), 1);
	assert_int_equal(state_of(&fixture, "p1"), RING_CREATED);
	destroy_ring(&fixture, "p1");
	fixture_done(&fixture);
}

/* What @uid is told under the policy @who: "" if she gets her ring. */
static void ask(enum policy_who who, uid_t uid, const char *refusal)
{
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;
	struct note note = {};
	int r;

	fixture_init(&fixture);
	fixture.policy.persistent = who;
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	r = create(&fixture, uid, "p1", &answer, &note);
	fixture_run(&fixture);
	if (refusal[0]) {
		assert_int_equal(r, FAULT_NOT_PERMITTED);
		assert_non_null(strstr(note.texts[0], refusal));
		assert_int_equal(answer.calls, 0);
	} else {
		assert_int_equal(r, 0);
		assert_int_equal(answer.r, 0);
	}
	note_done(&note);
	fixture_done(&fixture);
}

static void test_policy(void **state)
{
	ask(WHO_ROOT, 0, "");
	ask(WHO_ROOT, ALICE, "does not permit persistent rings");
	ask(WHO_ALL, ALICE, "");
	ask(WHO_ALL, 0, "");
	ask(WHO_NONE, ALICE, "does not permit persistent rings");
	ask(WHO_NONE, 0, "does not permit persistent rings");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_lease),
		cmocka_unit_test(test_policy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/persistent", tests, NULL, NULL);
}
