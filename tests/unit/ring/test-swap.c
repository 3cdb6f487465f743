/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another program for a ring that goes on. */
#include <errno.h>
#include <linux/io_uring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

static int swap(struct fixture *fixture, const char *program, uint64_t expected,
		struct answer *answer, struct note *note)
{
	const struct peer peer = peer_of(ALICE);

	return manager_ring_swap(fixture->manager, &peer, "r1", program, expected, answer_ring,
				 answer, note);
}

static uint64_t program_id(struct fixture *fixture, const char *name)
{
	struct program_view view;

	assert_int_equal(manager_program_find(fixture->manager, name, NULL, &view), 0);
	return view.info->id;
}

static size_t program_rings(struct fixture *fixture, const char *name)
{
	struct program_view view;

	assert_int_equal(manager_program_find(fixture->manager, name, NULL, &view), 0);
	return view.rings;
}

static void test_swap_in_each_state(void **state)
{
	const struct peer peer = peer_of(ALICE);

	for (enum ring_state in = RING_CREATED; in <= RING_PAUSED; in++) {
		struct answer answer, pause = ANSWER_NONE, swapped = ANSWER_NONE;
		struct kern_dispatcher *dispatch;
		struct iourd_head *head;
		struct fixture fixture;

		fixture_start(&fixture);
		make_ring(&fixture, "r1", &answer);
		if (in >= RING_RUNNING)
			start_ring(&fixture, "r1");
		if (in == RING_PAUSED)
			assert_int_equal(manager_ring_pause(fixture.manager, &peer, "r1",
							    answer_ring, &pause, NULL),
					 0);
		fixture_run(&fixture);
		head = mmap(NULL, 4096, PROT_READ, MAP_SHARED, answer.region, 0);
		assert_true(head != MAP_FAILED);
		dispatch = dispatcher_of(&fixture, "r1");

		assert_int_equal(swap(&fixture, "paced", 1, &swapped, NULL), 0);
		assert_int_equal(swapped.calls, 0);
		fixture_run(&fixture);
		assert_int_equal(swapped.calls, 1);
		assert_int_equal(swapped.r, 0);
		assert_int_equal(swapped.generation, 2);
		assert_int_equal(state_of(&fixture, "r1"), in);
		assert_true(kern_fake_dispatcher_program(dispatch) ==
			    program_id(&fixture, "paced"));
		assert_int_equal(head->life.generation, 2);
		assert_true(head->life.program_id == program_id(&fixture, "paced"));
		assert_int_equal(last_event(&fixture)->kind, EVENT_SWAPPED);
		assert_string_equal(last_event(&fixture)->program, "paced");
		assert_int_equal(last_event(&fixture)->generation, 2);
		/* The old one is free to go. */
		assert_int_equal(program_rings(&fixture, "copy"), 0);
		assert_int_equal(program_rings(&fixture, "paced"), 1);

		/* And back. */
		assert_int_equal(swap(&fixture, "copy", 0, &swapped, NULL), 0);
		fixture_run(&fixture);
		assert_int_equal(swapped.calls, 2);
		assert_int_equal(swapped.generation, 3);
		munmap(head, 4096);
		answer_done(&answer);
		fixture_done(&fixture);
	}
}

static void test_generations(void **state)
{
	struct answer answer, swapped = ANSWER_NONE;
	struct fixture fixture;
	struct note note = {};

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(swap(&fixture, "paced", 2, &swapped, &note), FAULT_GENERATION_MISMATCH);
	assert_int_equal(note.numbers[0], 1);
	note_done(&note);
	assert_int_equal(swap(&fixture, "paced", 1, &swapped, NULL), 0);
	/* The second of two who both saw generation 1: refused, whenever it asks. */
	assert_int_equal(swap(&fixture, "paced", 1, &swapped, &note), FAULT_RING_BUSY);
	assert_string_equal(note.texts[1], "a swap is under way");
	note_done(&note);
	fixture_run(&fixture);
	assert_int_equal(swapped.r, 0);
	assert_int_equal(swap(&fixture, "copy", 1, &swapped, &note), FAULT_GENERATION_MISMATCH);
	assert_int_equal(note.numbers[0], 2);
	note_done(&note);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_swap_to_a_program_not_open_yet(void **state)
{
	struct answer answer = ANSWER_NONE, swapped = ANSWER_NONE;
	struct program_view view;
	struct fixture fixture;
	struct sample sample;
	struct note note = {};

	fixture_init(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	assert_true(executor_fake_run_one(&fixture.executor)); /* copy is open, paced is not */
	sample_init(&sample, "r1");
	answer.keep = true;
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	sample_done(&sample);
	while (answer.calls == 0) {
		hosts_fake_step(fixture.hosts);
		assert_true(executor_fake_run_youngest(&fixture.executor));
	}
	assert_int_equal(manager_program_find(fixture.manager, "paced", NULL, &view), 0);
	assert_null(view.info);
	/* What can be said at once is. */
	assert_int_equal(swap(&fixture, "paced", 7, &swapped, &note), FAULT_GENERATION_MISMATCH);
	note_done(&note);
	assert_int_equal(swap(&fixture, "nop", 0, &swapped, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(swapped.r, FAULT_LAYOUT_MISMATCH);
	answer_done(&swapped);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_requests_during_a_swap(void **state)
{
	const struct peer peer = peer_of(ALICE);
	struct answer answer, swapped = ANSWER_NONE, other = ANSWER_NONE;
	struct fixture fixture;
	struct note note = {};

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(swap(&fixture, "paced", 0, &swapped, NULL), 0);
	assert_int_equal(
		manager_ring_start(fixture.manager, &peer, "r1", answer_ring, &other, &note),
		FAULT_RING_BUSY);
	assert_string_equal(note.texts[1], "a swap is under way");
	note_done(&note);
	fixture_run(&fixture);
	assert_int_equal(swapped.calls, 1);
	assert_int_equal(other.calls, 0);
	start_ring(&fixture, "r1");
	answer_done(&answer);
	fixture_done(&fixture);
}

/* ---- refusals ---- */

typedef void (*object_change)(struct fake_object *object);

static void expect_mismatch(object_change change, const char *field, const char *why)
{
	struct answer answer, swapped = ANSWER_NONE;
	struct fake_object object;
	struct fixture fixture;
	struct note note = {};

	fixture_init(&fixture);
	fake_object_copy("other", &object);
	change(&object);
	fake_object_install(&object, fixture.directory, "other");
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(swap(&fixture, "other", 0, &swapped, &note), FAULT_LAYOUT_MISMATCH);
	if (!strstr(note.texts[0], field) || !strstr(note.texts[1], why))
		fail_msg("\"%s\" \"%s\", not \"%s\" \"%s\"", note.texts[0], note.texts[1], field,
			 why);
	note_done(&note);
	fixture_run(&fixture);
	assert_int_equal(swapped.calls, 0);
	assert_int_equal(program_rings(&fixture, "other"), 0);
	assert_int_equal(program_rings(&fixture, "copy"), 1);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void change_member(struct fake_object *object)
{
	object->members[1].size = 2;
}

static void change_sq(struct fake_object *object)
{
	object->descriptor.sq_entries = 128;
}

static void change_cq(struct fake_object *object)
{
	object->descriptor.cq_entries = 256;
}

static void change_opcodes(struct fake_object *object)
{
	object->descriptor.opcodes[0] |= 1ull << IORING_OP_TIMEOUT;
}

static void change_slot(struct fake_object *object)
{
	strcpy(object->descriptor.slots[1].name, "sink");
}

static void change_slot_types(struct fake_object *object)
{
	object->descriptor.slots[1].types |= IOURD_TYPE_BLOCK;
}

static void change_slot_count(struct fake_object *object)
{
	object->descriptor.slot_count = 1;
}

static void change_data(struct fake_object *object)
{
	object->descriptor.data_fields[0][0] = '\0';
	object->descriptor.data_fields[1][0] = '\0';
	object->descriptor.data_initial = 65536 + 1;
}

static void test_mismatches(void **state)
{
	expect_mismatch(change_member, "block_size", "");
	expect_mismatch(change_sq, "descriptor.sq_entries", "128");
	expect_mismatch(change_cq, "descriptor.cq_entries", "256");
	expect_mismatch(change_opcodes, "descriptor.opcodes", "TIMEOUT");
	expect_mismatch(change_slot, "descriptor.slots", "\"sink\"");
	expect_mismatch(change_slot_types, "descriptor.slots", "");
	expect_mismatch(change_slot_count, "descriptor.slot_count", "");
	expect_mismatch(change_data, "dataBytes", "65537");
}

static void test_fewer_opcodes_are_fine_and_come_back(void **state)
{
	struct answer answer, swapped = ANSWER_NONE;
	struct fake_object object;
	struct fixture fixture;

	fixture_init(&fixture);
	fake_object_copy("other", &object);
	object.descriptor.opcodes[0] &= ~(1ull << IORING_OP_FSYNC);
	fake_object_install(&object, fixture.directory, "other");
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(swap(&fixture, "other", 0, &swapped, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(swapped.r, 0);
	/* The ring may still do what it was made for. */
	assert_int_equal(swap(&fixture, "copy", 0, &swapped, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(swapped.r, 0);
	assert_int_equal(swapped.generation, 3);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_other_refusals(void **state)
{
	struct answer answer, swapped = ANSWER_NONE;
	struct kern_dispatcher *dispatch;
	struct fake_object object;
	struct fixture fixture;
	struct note note = {};
	uint64_t before;

	fixture_init(&fixture);
	fake_object_copy("unsafe", &object);
	strcpy(object.refuse_load, "R1 invalid mem access");
	fake_object_install(&object, fixture.directory, "unsafe");
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	make_ring(&fixture, "r1", &answer);
	dispatch = dispatcher_of(&fixture, "r1");
	before = kern_fake_dispatcher_program(dispatch);
	assert_int_equal(swap(&fixture, "nonesuch", 0, &swapped, &note), FAULT_PROGRAM_NOT_FOUND);
	note_done(&note);
	assert_int_equal(swap(&fixture, "nop", 0, &swapped, &note), FAULT_LAYOUT_MISMATCH);
	note_done(&note);
	/* The verifier's word comes later; the ring keeps what it has. */
	assert_int_equal(swap(&fixture, "unsafe", 0, &swapped, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(swapped.calls, 1);
	assert_int_equal(swapped.r, FAULT_PROGRAM_REJECTED);
	assert_string_equal(swapped.note.texts[2], "R1 invalid mem access");
	answer_done(&swapped);
	assert_true(kern_fake_dispatcher_program(dispatch) == before);
	assert_int_equal(program_rings(&fixture, "unsafe"), 0);
	/* It has stopped. */
	start_ring(&fixture, "r1");
	hosts_fake_returned(host_of(&fixture, "r1"), 0);
	assert_int_equal(swap(&fixture, "paced", 0, &swapped, &note), FAULT_RING_BUSY);
	assert_string_equal(note.texts[1], "it has stopped");
	note_done(&note);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* ---- what comes between ---- */

static void end_at_each_step_of_a_swap(bool (*step)(struct fixture *fixture))
{
	bool swapped = false;

	for (unsigned int n = 0; !swapped; n++) {
		struct answer answer, asked = ANSWER_NONE;
		struct fixture fixture;

		fixture_start(&fixture);
		make_ring(&fixture, "r1", &answer);
		start_ring(&fixture, "r1");
		assert_int_equal(swap(&fixture, "paced", 0, &asked, NULL), 0);
		for (unsigned int i = 0; i < n; i++)
			fixture_step(&fixture);
		swapped = asked.calls == 1;
		/* In the middle of a job, if one is there. */
		executor_fake_work(&fixture.executor);
		hosts_fake_exited(host_of(&fixture, "r1"), CLD_EXITED, 0);
		while (step(&fixture))
			;
		assert_int_equal(asked.calls, 1);
		assert_int_equal(asked.r, swapped ? 0 : FAULT_RING_BUSY);
		assert_int_equal(program_rings(&fixture, "copy"), 0);
		assert_int_equal(program_rings(&fixture, "paced"), 0);
		answer_done(&asked);
		answer_done(&answer);
		assert_nothing_left(&fixture);
		fixture_done(&fixture);
	}
}

static void test_ring_ends_at_each_step_of_a_swap(void **state)
{
	end_at_each_step_of_a_swap(fixture_step);
	end_at_each_step_of_a_swap(fixture_step_youngest);
}

static void test_ring_stops_at_each_step_of_a_swap(void **state)
{
	bool swapped = false;

	for (unsigned int n = 0; !swapped; n++) {
		struct answer answer, asked = ANSWER_NONE;
		struct fixture fixture;

		fixture_start(&fixture);
		make_ring(&fixture, "r1", &answer);
		start_ring(&fixture, "r1");
		assert_int_equal(swap(&fixture, "paced", 0, &asked, NULL), 0);
		for (unsigned int i = 0; i < n; i++)
			fixture_step(&fixture);
		swapped = asked.calls == 1;
		hosts_fake_returned(host_of(&fixture, "r1"), 0);
		fixture_run(&fixture);
		assert_int_equal(state_of(&fixture, "r1"), RING_STOPPED);
		assert_int_equal(asked.calls, 1);
		assert_true(asked.r == 0 || asked.r == FAULT_RING_BUSY);
		if (n == 0) /* it was not even loaded */
			assert_int_equal(asked.r, FAULT_RING_BUSY);
		/* Whatever came first, the books are right. */
		assert_int_equal(program_rings(&fixture, asked.r == 0 ? "paced" : "copy"), 1);
		assert_int_equal(program_rings(&fixture, asked.r == 0 ? "copy" : "paced"), 0);
		answer_done(&asked);
		answer_done(&answer);
		fixture_done(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swap_in_each_state),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_swap_to_a_program_not_open_yet),
		cmocka_unit_test(test_requests_during_a_swap),
		cmocka_unit_test(test_mismatches),
		cmocka_unit_test(test_fewer_opcodes_are_fine_and_come_back),
		cmocka_unit_test(test_other_refusals),
		cmocka_unit_test(test_ring_ends_at_each_step_of_a_swap),
		cmocka_unit_test(test_ring_stops_at_each_step_of_a_swap),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/swap", tests, NULL, NULL);
}
