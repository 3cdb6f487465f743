/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may see a ring, and who may steer it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

static void test_permission(void **state)
{
	const struct peer bob = peer_of(BOB), alice = peer_of(ALICE), root = peer_of(0);
	struct answer answer, answers = ANSWER_NONE;
	struct fixture fixture;
	struct json_object *object;
	struct ring_view view;
	struct note note = {};
	uint64_t generation;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(
		manager_ring_start(fixture.manager, &bob, "r1", answer_ring, &answers, &note),
		FAULT_RING_NOT_FOUND);
	assert_string_equal(note.texts[0], "r1");
	note_done(&note);
	assert_int_equal(
		manager_ring_pause(fixture.manager, &bob, "r1", answer_ring, &answers, NULL),
		FAULT_RING_NOT_FOUND);
	assert_int_equal(
		manager_ring_destroy(fixture.manager, &bob, "r1", answer_ring, &answers, NULL),
		FAULT_RING_NOT_FOUND);
	assert_int_equal(manager_ring_swap(fixture.manager, &bob, "r1", "paced", 0, answer_ring,
					   &answers, NULL),
			 FAULT_RING_NOT_FOUND);
	assert_int_equal(manager_ring_find(fixture.manager, &bob, "r1", NULL, &view),
			 FAULT_RING_NOT_FOUND);
	assert_int_equal(manager_parameters_read(fixture.manager, &bob, "r1", NULL, 0, NULL,
						 &object, &generation),
			 FAULT_RING_NOT_FOUND);
	assert_int_equal(manager_ring_find(fixture.manager, &bob, "r2", &note, &view),
			 FAULT_RING_NOT_FOUND);
	assert_string_equal(note.texts[0], "r2");
	note_done(&note);
	assert_int_equal(manager_ring_count(fixture.manager, &bob), 0);
	assert_int_equal(manager_ring_count(fixture.manager, &alice), 1);
	assert_int_equal(manager_ring_count(fixture.manager, &root), 1);
	manager_ring_at(fixture.manager, &alice, 0, &view);
	assert_string_equal(view.title.name, "r1");
	assert_int_equal(manager_pinned_bytes(fixture.manager, &bob), 0);
	assert_int_equal(manager_pinned_bytes(fixture.manager, &alice), view.region_size);
	assert_int_equal(manager_pinned_bytes(fixture.manager, &root), view.region_size);
	fixture_run(&fixture);
	assert_int_equal(answers.calls, 0);
	answer_done(&answer);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permission),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/permission", tests, NULL, NULL);
}
