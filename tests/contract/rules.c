/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules.c - assertions that hold for the fake port and for the real one */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

#include "contract.h"
#include "rules-next.h"

/* What a test that failed has left, so that it does not fail the others. */
static void remove_leftovers(struct kern *kern)
{
	char **names;
	size_t n;

	assert_int_equal(kern->ops->pins_list(kern, &names, &n), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(kern->ops->pins_remove(kern, names[i]), 0);
		free(names[i]);
	}
	free(names);
}

int contract_setup(void **state)
{
	struct kern *kern;

	contract_port.kern_new(&kern);
	remove_leftovers(kern);
	*state = kern;
	return 0;
}

int contract_teardown(void **state)
{
	struct kern *kern = *state;

	kern->ops->free(kern);
	return 0;
}

struct kern_program *contract_open(struct kern *kern, enum contract_object which)
{
	struct kern_program *program = NULL;
	struct note note = {};
	int fd = contract_port.object(which);
	int r;

	assert_true(fd >= 0);
	r = kern->ops->program_open(kern, fd, &note, &program);
	close(fd);
	if (r != 0)
		fail_msg("program_open: %d, %s", r, note.texts[1] ? note.texts[1] : "");
	return program;
}

struct kern_program *contract_load(struct kern *kern, enum contract_object which)
{
	struct kern_program *program = contract_open(kern, which);
	struct note note = {};
	int r = kern->ops->program_load(program, &note);

	if (r != 0)
		fail_msg("program_load: %d, %s\n%s", r, note.texts[1] ? note.texts[1] : "",
			 note.texts[2] ? note.texts[2] : "");
	return program;
}

size_t contract_count_pins(struct kern *kern)
{
	char **names;
	size_t n;

	assert_int_equal(kern->ops->pins_list(kern, &names, &n), 0);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return n;
}

static struct kern_dispatcher *new_dispatcher(struct kern *kern, const char *name)
{
	struct kern_dispatcher *dispatcher = NULL;

	assert_int_equal(kern->ops->dispatcher_new(kern, name, &dispatcher), 0);
	assert_non_null(dispatcher);
	return dispatcher;
}

static void capabilities_are_named_and_dated(void **state)
{
	struct kern *kern = *state;
	const struct kern_capability *table;
	size_t n;

	table = kern->ops->capabilities(kern, &n);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(table[i].name && *table[i].name);
		assert_non_null(table[i].since);
		assert_true(strncmp(table[i].since, "Linux ", 6) == 0 ||
			    strcmp(table[i].since, "no release") == 0);
		if (table[i].required && !table[i].present)
			fail_msg("%s is missing: %s", table[i].name,
				 table[i].detail ? table[i].detail : "");
	}
}

static void object_is_read_from_its_start(void **state)
{
	struct kern *kern = *state;
	struct kern_program *program, *again;
	int fd = contract_port.object(CONTRACT_A);

	assert_true(lseek(fd, 0, SEEK_END) > 0);
	assert_int_equal(kern->ops->program_open(kern, fd, NULL, &program), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), lseek(fd, 0, SEEK_END));
	assert_int_equal(kern->ops->program_open(kern, fd, NULL, &again), 0);
	close(fd);
	assert_true(kern->ops->program_info(program)->id == kern->ops->program_info(again)->id);
	kern->ops->program_free(program);
	kern->ops->program_free(again);
}

static void object_says_what_it_is(void **state)
{
	struct kern *kern = *state;
	struct kern_program *a = contract_open(kern, CONTRACT_A);
	struct kern_program *b = contract_open(kern, CONTRACT_B);
	const struct kern_program_info *info = kern->ops->program_info(a);
	uint64_t id = 0;

	assert_int_equal(info->descriptor.magic, IOURD_DESCRIPTOR_MAGIC);
	assert_true(*info->descriptor.name);
	assert_true(info->layout.n_fields > 0);
	assert_int_equal(info->layout.size, info->descriptor.params_size);
	memcpy(&id, info->digest, sizeof(id));
	assert_true(info->id == id);
	assert_true(info->id != kern->ops->program_info(b)->id);
	kern->ops->program_free(b);
	kern->ops->program_free(a);
}

static void layouts_compare(void **state)
{
	struct kern *kern = *state;
	struct kern_program *a = contract_open(kern, CONTRACT_A);
	struct kern_program *b = contract_open(kern, CONTRACT_B);
	struct kern_program *other = contract_open(kern, CONTRACT_OTHER);
	const struct layout *layout = &kern->ops->program_info(a)->layout;
	struct note note = {};

	assert_int_equal(layout_compare(layout, &kern->ops->program_info(b)->layout, &note), 0);
	assert_int_equal(layout_compare(layout, &kern->ops->program_info(other)->layout, &note),
			 FAULT_LAYOUT_MISMATCH);
	note_done(&note);
	kern->ops->program_free(a);
	kern->ops->program_free(b);
	kern->ops->program_free(other);
}

static void rubbish_is_refused_with_a_reason(void **state)
{
	struct kern *kern = *state;
	struct kern_program *program = (void *)-1;
	struct note note = {};
	int fd = memfd_create("rubbish", MFD_CLOEXEC);

	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_int_equal(kern->ops->program_open(kern, fd, &note, &program),
			 FAULT_PROGRAM_REJECTED);
	assert_int_equal(note.fault, FAULT_PROGRAM_REJECTED);
	assert_true(note.texts[1] && *note.texts[1]);
	assert_true(program == (void *)-1);
	note_done(&note);
	close(fd);
}

static void freeing_nothing_is_fine(void **state)
{
	struct kern *kern = *state;

	kern->ops->program_free(NULL);
	kern->ops->dispatcher_free(NULL);
}

static void dispatcher_leaves_no_pins(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher;

	assert_int_equal(contract_count_pins(kern), 0);
	dispatcher = new_dispatcher(kern, "first");
	assert_int_equal(contract_count_pins(kern), 1);
	kern->ops->dispatcher_free(dispatcher);
	assert_int_equal(contract_count_pins(kern), 0);
}

static void dispatcher_starts_clean(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher = new_dispatcher(kern, "clean");
	volatile struct iourd_dispatch *words = kern->ops->dispatcher_state(dispatcher);

	assert_non_null(words);
	assert_true(words->steps == 0 && words->last_step == 0 && words->pause == 0);
	assert_int_equal(words->last, IOURD_STEP_NONE);
	kern->ops->dispatcher_free(dispatcher);
}

static void name_is_taken_once(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher = new_dispatcher(kern, "once"), *second = (void *)-1;

	assert_int_equal(kern->ops->dispatcher_new(kern, "once", &second), -EEXIST);
	assert_true(second == (void *)-1);
	/* the failure took nothing from the one that is there */
	assert_int_equal(contract_count_pins(kern), 1);
	kern->ops->dispatcher_free(dispatcher);
	dispatcher = new_dispatcher(kern, "once");
	kern->ops->dispatcher_free(dispatcher);
}

static void pins_are_listed_and_removed(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *one = new_dispatcher(kern, "one"),
			       *two = new_dispatcher(kern, "two");
	bool seen_one = false, seen_two = false;
	char **names;
	size_t n;

	assert_int_equal(kern->ops->pins_list(kern, &names, &n), 0);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		seen_one = seen_one || strcmp(names[i], "one") == 0;
		seen_two = seen_two || strcmp(names[i], "two") == 0;
		free(names[i]);
	}
	free(names);
	assert_true(seen_one && seen_two);
	kern->ops->dispatcher_free(one);
	kern->ops->dispatcher_free(two);
	assert_int_equal(kern->ops->pins_remove(kern, "one"), -ENOENT);
}

static void only_loaded_programs_are_set(void **state)
{
	struct kern *kern = *state;
	struct kern_program *program = contract_open(kern, CONTRACT_A);
	struct kern_dispatcher *dispatcher = new_dispatcher(kern, "set");

	assert_int_equal(kern->ops->dispatcher_set(dispatcher, program), -EINVAL);
	assert_int_equal(kern->ops->program_load(program, NULL), 0);
	assert_int_equal(kern->ops->dispatcher_set(dispatcher, program), 0);
	assert_int_equal(kern->ops->dispatcher_set(dispatcher, program), 0);
	/* the program may go before the ring: the array holds it */
	kern->ops->program_free(program);
	kern->ops->dispatcher_free(dispatcher);
}

static void dispatcher_is_attached_once(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher = new_dispatcher(kern, "attach");
	struct contract_ring ring;

	contract_port.ring_start(&ring);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, ring.pidfd, ring.ring_fd), 0);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, ring.pidfd, ring.ring_fd),
			 -EBUSY);
	contract_port.ring_end(&ring);
	kern->ops->dispatcher_free(dispatcher);
	assert_int_equal(contract_count_pins(kern), 0);
}

static void attach_wants_descriptors(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher = new_dispatcher(kern, "numbers");
	struct contract_ring ring;

	contract_port.ring_start(&ring);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, -1, ring.ring_fd), -EBADF);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, ring.pidfd, -1), -EBADF);
	/* neither failure has used it up */
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, ring.pidfd, ring.ring_fd), 0);
	contract_port.ring_end(&ring);
	kern->ops->dispatcher_free(dispatcher);
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)

const struct CMUnitTest contract_rules[] = {
	RULE(capabilities_are_named_and_dated),
	RULE(object_is_read_from_its_start),
	RULE(object_says_what_it_is),
	RULE(layouts_compare),
	RULE(rubbish_is_refused_with_a_reason),
	RULE(freeing_nothing_is_fine),
	RULE(dispatcher_leaves_no_pins),
	RULE(dispatcher_starts_clean),
	RULE(name_is_taken_once),
	RULE(pins_are_listed_and_removed),
	RULE(only_loaded_programs_are_set),
	RULE(dispatcher_is_attached_once),
	RULE(attach_wants_descriptors),
	RULE(next_daemon_takes_up),
	RULE(next_daemons_read_what_was_written),
	RULE(what_is_not_there_cannot_be_taken_up),
	RULE(array_is_empty_at_first),
	RULE(program_has_an_image_or_an_id),
	RULE(journal_stays),
};
const size_t contract_n_rules = sizeof(contract_rules) / sizeof(contract_rules[0]);
