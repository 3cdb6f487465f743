/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/tables.h"

#define VALUE_MAX 128 /* bytes of a client's value in a note */

void note_done(struct note *note)
{
	for (size_t i = 0; i < NOTE_FIELDS_MAX; i++)
		free(note->texts[i]);
	*note = (struct note){};
}

void note_move(struct note *to, struct note *from)
{
	struct note moved = *from;

	*from = (struct note){};
	note_done(to);
	*to = moved;
}

/* If there is no memory for a text, it is omitted and the fault is still reported. */
static int fill(struct note *note, enum fault fault, const char *first, const char *second,
		const char *third)
{
	const char *texts[NOTE_FIELDS_MAX] = {first, second, third};

	if (!note)
		return fault;
	note_done(note);
	note->fault = fault;
	for (size_t i = 0; i < NOTE_FIELDS_MAX; i++)
		note->texts[i] = texts[i] ? strdup(texts[i]) : NULL;
	return fault;
}

static int64_t number(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

int fault_ring_not_found(struct note *note, const char *ring)
{
	return fill(note, FAULT_RING_NOT_FOUND, ring, NULL, NULL);
}

int fault_program_not_found(struct note *note, const char *program)
{
	return fill(note, FAULT_PROGRAM_NOT_FOUND, program, NULL, NULL);
}

int fault_program_rejected(struct note *note, const char *program, const char *reason,
			   const char *log)
{
	return fill(note, FAULT_PROGRAM_REJECTED, program, reason, log);
}

int fault_layout_mismatch(struct note *note, const char *field, const char *reason)
{
	return fill(note, FAULT_LAYOUT_MISMATCH, field, reason, NULL);
}

int fault_generation_mismatch(struct note *note, uint64_t current)
{
	fill(note, FAULT_GENERATION_MISMATCH, NULL, NULL, NULL);
	if (note)
		note->numbers[0] = number(current);
	return FAULT_GENERATION_MISMATCH;
}

int fault_slot_missing(struct note *note, const char *slot)
{
	return fill(note, FAULT_SLOT_MISSING, slot, NULL, NULL);
}

int fault_file_refused(struct note *note, const char *slot, const char *reason)
{
	return fill(note, FAULT_FILE_REFUSED, slot, reason, NULL);
}

int fault_quota_exceeded(struct note *note, const char *limit, uint64_t allowed, const char *rule)
{
	fill(note, FAULT_QUOTA_EXCEEDED, limit, NULL, rule);
	if (note)
		note->numbers[1] = number(allowed);
	return FAULT_QUOTA_EXCEEDED;
}

int fault_not_permitted(struct note *note, const char *reason)
{
	return fill(note, FAULT_NOT_PERMITTED, reason, NULL, NULL);
}

int fault_kernel_lacks(struct note *note, const char *capability, const char *since,
		       const char *reason)
{
	return fill(note, FAULT_KERNEL_LACKS, capability, since, reason);
}

int fault_ring_busy(struct note *note, const char *ring, const char *reason)
{
	return fill(note, FAULT_RING_BUSY, ring, reason, NULL);
}

int fault_message_refused(struct note *note, const char *reason)
{
	return fill(note, FAULT_MESSAGE_REFUSED, reason, NULL, NULL);
}

int fault_cannot_start(struct note *note, const char *reason)
{
	return fill(note, FAULT_CANNOT_START, reason, NULL, NULL);
}

/* A value of a client may be as large as a call: the note has its start. */
int fault_invalid_parameter(struct note *note, const char *parameter, const char *value,
			    const char *expected)
{
	char start[VALUE_MAX + sizeof("...")];
	size_t n = value ? strlen(value) : 0;

	if (n <= VALUE_MAX)
		return fill(note, FAULT_INVALID_PARAMETER, parameter, value, expected);
	for (n = VALUE_MAX; ((unsigned char)value[n] & 0xc0) == 0x80;) /* not within a character */
		n--;
	snprintf(start, sizeof(start), "%.*s...", (int)n, value);
	return fill(note, FAULT_INVALID_PARAMETER, parameter, start, expected);
}

int fault_interface_not_found(struct note *note, const char *name)
{
	return fill(note, FAULT_INTERFACE_NOT_FOUND, name, NULL, NULL);
}

int fault_method_not_found(struct note *note, const char *method)
{
	return fill(note, FAULT_METHOD_NOT_FOUND, method, NULL, NULL);
}

int fault_expected_more(struct note *note)
{
	return fill(note, FAULT_EXPECTED_MORE, NULL, NULL, NULL);
}

const char *fault_name(enum fault fault)
{
	const struct schema_error *error = fault_describe(fault);

	return error ? error->full_name : NULL;
}

enum fault fault_from_name(const char *name)
{
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_MAX; fault++)
		if (strcmp(name, fault_describe(fault)->full_name) == 0)
			return fault;
	return FAULT_NONE;
}
