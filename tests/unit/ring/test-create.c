/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a ring: what it takes, what it refuses, and that nothing is left of what failed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

static void test_happy_path(void **state)
{
	const struct host_setup *setup;
	struct kern_dispatcher *dispatch;
	struct program_view program;
	struct fixture fixture;
	struct answer answer;
	char byte;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_string_equal(answer.name, "r1");
	assert_int_equal(answer.generation, 1);

	setup = hosts_fake_setup(host_of(&fixture, "r1"));
	assert_int_equal(setup->uid, ALICE);
	assert_int_equal(setup->gid, ALICE);
	assert_int_equal(setup->n_groups, 2);
	assert_int_equal(setup->sq_entries, 64);
	assert_int_equal(setup->cq_entries, 128);
	assert_int_equal(setup->n_slots, 2);
	assert_true(setup->files[0] >= 0 && setup->files[1] >= 0);
	assert_int_equal(setup->data_size, 16 * 4096);
	assert_int_equal(setup->region_size, setup->data_offset + setup->data_size);

	/* Dispatcher and program are in place, and the lease joins client and host. */
	dispatch = dispatcher_of(&fixture, "r1");
	assert_non_null(dispatch);
	assert_true(kern_fake_dispatcher_ring(dispatch) >= 0);
	assert_int_equal(manager_program_find(fixture.manager, "copy", NULL, &program), 0);
	assert_int_equal(program.state, PROGRAM_LOADED);
	assert_int_equal(program.rings, 1);
	assert_true(kern_fake_dispatcher_program(dispatch) == program.info->id);
	assert_int_equal(write(answer.lease, "x", 1), 1);
	assert_int_equal(read(setup->lease_fd, &byte, 1), 1);

	assert_int_equal(fixture.n_events, 1);
	assert_int_equal(last_event(&fixture)->kind, EVENT_CREATED);
	assert_string_equal(last_event(&fixture)->ring, "r1");
	assert_string_equal(last_event(&fixture)->program, "copy");
	assert_int_equal(last_event(&fixture)->uid, ALICE);

	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_region(void **state)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;
	struct iourd_head head;
	uint32_t depth, block_size;
	struct stat stat;

	fixture_start(&fixture);
	answer.keep = true;
	sample_init(&sample, "r1");
	sample_parameters(&sample, "{\"depth\":8}");
	assert_int_equal(ftruncate(sample.files[0].fd, 12345), 0); /* all of it a hole */
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	sample_done(&sample);
	fixture_run(&fixture);
	assert_int_equal(answer.r, 0);

	assert_int_equal(fcntl(answer.region, F_GET_SEALS) & seals, seals);
	assert_int_equal(fstat(answer.region, &stat), 0);
	assert_int_equal(pread(answer.region, &head, sizeof(head), 0), sizeof(head));
	assert_int_equal(head.identity.magic, IOURD_REGION_MAGIC);
	assert_int_equal(head.identity.abi_major, IOURD_ABI_MAJOR);
	assert_int_equal(head.identity.region_size, stat.st_size);
	assert_int_equal(head.identity.params_offset, sizeof(head));
	assert_int_equal(head.identity.data_offset % 4096, 0);
	assert_int_equal(head.identity.data_size, 8 * 4096);
	assert_int_equal(head.identity.data_offset + head.identity.data_size, stat.st_size);
	assert_true(head.identity.address == CONTROL_REGION_ADDRESS);
	assert_int_equal(head.identity.slot_count, 2);
	assert_int_equal(head.slots[0].type, S_IFREG);
	assert_int_equal(head.slots[0].size, 12345);
	assert_int_equal(head.slots[0].flags, IOURD_SLOT_FILE_SPARSE);
	assert_int_equal(head.slots[1].flags, 0);
	assert_int_equal(head.life.state, IOURD_RING_CREATED);
	assert_int_equal(head.life.generation, 1);
	assert_true(head.life.event > 0);

	/* What was given stands on top of the program's own initial values. */
	assert_int_equal(pread(answer.region, &depth, 4, sizeof(head)), 4);
	assert_int_equal(pread(answer.region, &block_size, 4, sizeof(head) + 4), 4);
	assert_int_equal(depth, 8);
	assert_int_equal(block_size, 4096);

	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_names(void **state)
{
	static const char *const bad[] = {
		"",
		"1a",
		"-a",
		"A",
		"a b",
		"a/b",
		"..",
		"a.b",
		"r\xc3\xa9",
		"a\n",
		"a234567890123456789012345678901234567890123456789abc", /* 52 */
		"u1000-a",
	};
	const char *longest = "a23456789012345678901234567890123456789012345678abc";
	struct fixture fixture;
	struct answer answers[3], answer, other = ANSWER_NONE;
	struct sample sample;
	struct note note = {};

	fixture_start(&fixture);
	sample_init(&sample, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sample.request.name = bad[i];
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &other, &note),
				 FAULT_INVALID_PARAMETER);
		assert_string_equal(note.texts[0], "name");
		assert_string_equal(note.texts[1], bad[i]);
		note_done(&note);
	}
	assert_int_equal(strlen(longest), 51);
	make_ring(&fixture, longest, &answer);
	answer_done(&answer);

	make_ring(&fixture, "copy-2", &answers[0]);
	for (int i = 1; i < 3; i++) { /* the free numbers, in order */
		make_ring(&fixture, NULL, &answers[i]);
		assert_string_equal(answers[i].name, i == 1 ? "copy-1" : "copy-3");
	}

	sample.request.name = "copy-1";
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &other, &note), FAULT_RING_BUSY);
	assert_string_equal(note.texts[0], "copy-1");
	assert_string_equal(note.texts[1], "the name is taken");
	note_done(&note);
	sample_done(&sample);
	for (int i = 0; i < 3; i++)
		answer_done(&answers[i]);
	fixture_done(&fixture);
}

static void test_two_creates_of_one_name(void **state)
{
	struct fixture fixture;
	struct answer first = ANSWER_NONE, second = ANSWER_NONE;
	struct sample sample;
	struct note note = {};

	fixture_start(&fixture);
	sample_init(&sample, "r1");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &first, NULL), 0);
	/* The first is not even half made. */
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &second, &note), FAULT_RING_BUSY);
	note_done(&note);
	sample_done(&sample);
	fixture_run(&fixture);
	assert_int_equal(first.calls, 1);
	assert_int_equal(first.r, 0);
	assert_int_equal(second.calls, 0);
	fixture_done(&fixture);
}

/* Folders of pins that no host goes with. */
static void test_leftovers_go(void **state)
{
	struct answer answer = ANSWER_NONE;
	struct kern_fake_tally tally;
	struct fixture fixture;

	fixture_init(&fixture);
	kern_fake_leave_pin(fixture.kern, "copy-1");
	kern_fake_leave_pin(fixture.kern, "r1");
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	kern_fake_tally(fixture.kern, &tally);
	assert_int_equal(tally.pins, 0);
	make_ring(&fixture, "r1", &answer);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* Pins that appear while the daemon runs. */
static void test_pins_in_the_way(void **state)
{
	struct answer refused = ANSWER_NONE;
	struct fixture fixture;
	struct sample sample;

	fixture_start(&fixture);
	kern_fake_leave_pin(fixture.kern, "u1000-late");
	sample_init(&sample, "late");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &refused, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(refused.r, FAULT_RING_BUSY);
	answer_done(&refused);
	sample_done(&sample);
	assert_int_equal(fixture.kern->ops->pins_remove(fixture.kern, "u1000-late"), 0);
	fixture_done(&fixture);
}

static void test_while_the_program_is_opened_and_loaded(void **state)
{
	struct fixture fixture;
	struct answer answers[3] = {ANSWER_NONE, ANSWER_NONE, ANSWER_NONE};
	const struct peer alice = peer_of(ALICE);
	struct kern_fake_tally tally;
	struct sample sample;
	struct ring_view view;

	fixture_init(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	/* No object was read yet: the daemon was woken by this very request. */
	for (int i = 0; i < 3; i++) {
		sample_init(&sample, NULL);
		sample_parameters(&sample, "{\"depth\":4}");
		answers[i].keep = true;
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &answers[i], NULL), 0);
		sample_done(&sample); /* it is the caller's: what waits has copies */
	}
	assert_int_equal(manager_ring_count(fixture.manager, &alice), 0);
	assert_int_equal(manager_ring_find(fixture.manager, &alice, "copy-1", NULL, &view),
			 FAULT_RING_BUSY);
	fixture_run(&fixture);
	kern_fake_tally(fixture.kern, &tally);
	assert_int_equal(tally.loads, 1); /* one load for all */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(answers[i].calls, 1);
		assert_int_equal(answers[i].r, 0);
		answer_done(&answers[i]);
	}
	fixture_done(&fixture);
}

static void test_bad_request_for_a_program_not_open_yet(void **state)
{
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;

	fixture_init(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	sample_init(&sample, "r1");
	sample.request.n_files = 1;
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	sample_done(&sample);
	fixture_run(&fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, FAULT_SLOT_MISSING);
	assert_string_equal(answer.note.texts[0], "target");
	assert_int_equal(fixture.n_events, 0);
	answer_done(&answer);
	assert_nothing_left(&fixture);
	fixture_done(&fixture);
}

static void test_programs_that_cannot_be_used(void **state)
{
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct fake_object object;
	struct sample sample;
	struct note note = {};

	fixture_init(&fixture);
	fake_object_copy("broken", &object);
	strcpy(object.refuse_open, "its descriptor lies");
	fake_object_install(&object, fixture.directory, "broken");
	fake_object_copy("unsafe", &object);
	strcpy(object.refuse_load, "R1 invalid mem access");
	fake_object_install(&object, fixture.directory, "unsafe");
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);

	sample_init(&sample, "r1");
	sample.request.program = "nonesuch";
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, &note),
			 FAULT_PROGRAM_NOT_FOUND);
	assert_string_equal(note.texts[0], "nonesuch");
	note_done(&note);
	sample.request.program = "broken";
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, &note),
			 FAULT_PROGRAM_REJECTED);
	assert_string_equal(note.texts[1], "its descriptor lies");
	note_done(&note);
	/* The verifier says no: its log comes back, at once the next time. */
	sample.request.program = "unsafe";
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, FAULT_PROGRAM_REJECTED);
	assert_string_equal(answer.note.texts[2], "R1 invalid mem access");
	assert_nothing_left(&(struct fixture){.manager = fixture.manager,
					      .kern = fixture.kern,
					      .hosts = fixture.hosts,
					      .fds = fixture.fds + 2});
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, &note),
			 FAULT_PROGRAM_REJECTED);
	assert_string_equal(note.texts[2], "R1 invalid mem access");
	note_done(&note);
	answer_done(&answer);
	sample_done(&sample);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_happy_path),
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_two_creates_of_one_name),
		cmocka_unit_test(test_leftovers_go),
		cmocka_unit_test(test_pins_in_the_way),
		cmocka_unit_test(test_while_the_program_is_opened_and_loaded),
		cmocka_unit_test(test_bad_request_for_a_program_not_open_yet),
		cmocka_unit_test(test_programs_that_cannot_be_used),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/create", tests, NULL, NULL);
}
