/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules-next.c - what a daemon leaves to the one after it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "rules-next.h"

/* Attached, with program "a" and a ledger that says so; left by its daemon. */
static uint32_t leave_one(struct kern *kern, const char *name, struct contract_ring *ring)
{
	struct kern_program *program = contract_load(kern, CONTRACT_A);
	uint32_t id = kern->ops->program_kernel_id(program);
	struct kern_dispatcher *dispatcher;
	struct iourd_ledger *ledger;

	contract_port.ring_start(ring);
	assert_int_equal(kern->ops->dispatcher_new(kern, name, &dispatcher), 0);
	ledger = kern->ops->dispatcher_ledger(dispatcher);
	assert_int_equal(ledger->magic, IOURD_LEDGER_MAGIC);
	assert_int_equal(ledger->version, IOURD_LEDGER_VERSION);
	assert_int_equal(ledger->size, sizeof(*ledger));
	assert_int_equal(ledger->committed, 0);
	ledger->uid = 1234;
	ledger->generation = 7;
	strcpy(ledger->reason, "left");
	ledger->committed = 1;
	kern->ops->dispatcher_state(dispatcher)->pause = 1;
	assert_int_equal(kern->ops->dispatcher_set(dispatcher, program), 0);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, ring->pidfd, ring->ring_fd), 0);
	kern->ops->dispatcher_release(dispatcher);
	kern->ops->program_free(program);
	assert_true(id != 0);
	return id;
}

void next_daemon_takes_up(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher = NULL, *taken;
	struct kern_program *other;
	struct contract_ring ring;
	struct kern_pins pins;
	uint32_t left, current;

	left = leave_one(kern, "left", &ring);
	assert_int_equal(contract_count_pins(kern), 1);
	assert_int_equal(kern->ops->pins_inspect(kern, "left", &pins), 0);
	assert_true(pins.array && pins.state && pins.dispatcher && pins.link && pins.has_ledger);
	assert_int_equal(pins.ledger.uid, 1234);
	assert_int_equal(kern->ops->dispatcher_open(kern, "left", &dispatcher), 0);
	assert_int_equal(kern->ops->dispatcher_ledger(dispatcher)->generation, 7);
	assert_string_equal(kern->ops->dispatcher_ledger(dispatcher)->reason, "left");
	assert_int_equal(kern->ops->dispatcher_state(dispatcher)->pause, 1);
	/* the program lives in the array */
	assert_int_equal(kern->ops->dispatcher_current(dispatcher, &current), 0);
	assert_int_equal(current, left);
	other = contract_load(kern, CONTRACT_B);
	assert_int_equal(kern->ops->dispatcher_set(dispatcher, other), 0);
	assert_int_equal(kern->ops->dispatcher_current(dispatcher, &current), 0);
	assert_int_equal(current, kern->ops->program_kernel_id(other));
	/* it goes on under another name */
	assert_int_equal(kern->ops->dispatcher_new(kern, "taken", &taken), 0);
	assert_int_equal(kern->ops->dispatcher_rename(dispatcher, "taken"), -EEXIST);
	kern->ops->dispatcher_free(taken);
	assert_int_equal(kern->ops->dispatcher_rename(dispatcher, "moved"), 0);
	assert_int_equal(kern->ops->pins_inspect(kern, "left", &pins), -ENOENT);
	assert_int_equal(kern->ops->pins_inspect(kern, "moved", &pins), 0);
	assert_true(pins.array && pins.state && pins.dispatcher && pins.link && pins.has_ledger);
	/* it is attached: once */
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, ring.pidfd, ring.ring_fd),
			 -EBUSY);
	contract_port.ring_end(&ring);
	kern->ops->dispatcher_free(dispatcher);
	kern->ops->program_free(other);
	assert_int_equal(contract_count_pins(kern), 0);
}

/* What one writes the next one reads, again and again. */
void next_daemons_read_what_was_written(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher;
	struct contract_ring ring;

	leave_one(kern, "again", &ring);
	for (uint64_t i = 8; i < 12; i++) {
		assert_int_equal(kern->ops->dispatcher_open(kern, "again", &dispatcher), 0);
		assert_int_equal(kern->ops->dispatcher_ledger(dispatcher)->generation, i - 1);
		kern->ops->dispatcher_ledger(dispatcher)->generation = i;
		kern->ops->dispatcher_release(dispatcher);
	}
	contract_port.ring_end(&ring);
	assert_int_equal(kern->ops->pins_remove(kern, "again"), 0);
	assert_int_equal(contract_count_pins(kern), 0);
}

void what_is_not_there_cannot_be_taken_up(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher = (void *)-1, *half;
	struct kern_pins pins;

	assert_int_equal(kern->ops->dispatcher_open(kern, "nobody", &dispatcher), -ENOENT);
	assert_int_equal(kern->ops->pins_inspect(kern, "nobody", &pins), -ENOENT);
	/* made, and not attached: there is no link */
	assert_int_equal(kern->ops->dispatcher_new(kern, "half", &half), 0);
	assert_int_equal(kern->ops->pins_inspect(kern, "half", &pins), 0);
	assert_true(pins.array && pins.state && pins.dispatcher && pins.has_ledger);
	assert_false(pins.link);
	assert_true(dispatcher == (void *)-1);
	kern->ops->dispatcher_free(half);
	kern->ops->dispatcher_release(NULL);
}

void array_is_empty_at_first(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher;
	uint32_t current = 7;

	assert_int_equal(kern->ops->dispatcher_new(kern, "empty", &dispatcher), 0);
	assert_int_equal(kern->ops->dispatcher_current(dispatcher, &current), 0);
	assert_int_equal(current, 0);
	kern->ops->dispatcher_free(dispatcher);
}

/* The image is there until the kernel has it; the id from then on. */
void program_has_an_image_or_an_id(void **state)
{
	struct kern *kern = *state;
	struct kern_program *program = contract_open(kern, CONTRACT_A);
	size_t size = 0;

	assert_non_null(kern->ops->program_image(program, &size));
	assert_true(size > 0);
	assert_int_equal(kern->ops->program_kernel_id(program), 0);
	assert_int_equal(kern->ops->program_load(program, NULL), 0);
	assert_null(kern->ops->program_image(program, &size));
	assert_int_not_equal(kern->ops->program_kernel_id(program), 0);
	kern->ops->program_free(program);
}

void journal_stays(void **state)
{
	struct kern *kern = *state;
	struct iourd_journal *journal = kern->ops->journal(kern);
	uint64_t number;

	assert_non_null(journal);
	assert_int_equal(journal->magic, IOURD_JOURNAL_MAGIC);
	number = ++journal->event_number;
	assert_int_equal(kern->ops->journal(kern)->event_number, number);
	/* it is no ring */
	assert_int_equal(contract_count_pins(kern), 0);
}
