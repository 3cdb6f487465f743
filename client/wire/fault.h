/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault.h - the closed list of errors that a client can receive, and the note with their details
 *
 * Functions return 0, or a positive enum fault, which callers forward unchanged, or -errno if an
 * operating system call failed, which the client receives as Internal. They fill the note if and
 * only if they return a fault.
 */
#ifndef WIRE_FAULT_H
#define WIRE_FAULT_H

#include <stddef.h>
#include <stdint.h>

struct json_object;

enum fault {
	FAULT_NONE,
	/* org.iouringd.Manager */
	FAULT_RING_NOT_FOUND,	   /* ring */
	FAULT_PROGRAM_NOT_FOUND,   /* program */
	FAULT_PROGRAM_REJECTED,	   /* program, reason, log */
	FAULT_LAYOUT_MISMATCH,	   /* field, reason */
	FAULT_GENERATION_MISMATCH, /* current (number) */
	FAULT_SLOT_MISSING,	   /* slot */
	FAULT_FILE_REFUSED,	   /* slot, reason */
	FAULT_QUOTA_EXCEEDED,	   /* limit, allowed (number), rule (or NULL) */
	FAULT_NOT_PERMITTED,	   /* reason */
	FAULT_KERNEL_LACKS,	   /* capability, since */
	FAULT_RING_BUSY,	   /* ring, reason */
	FAULT_MESSAGE_REFUSED,	   /* reason; then the connection is closed */
	FAULT_CANNOT_START,	   /* reason; then the connection is closed */
	FAULT_INTERNAL,		   /* reason: the name of an errno */
	/* org.varlink.service */
	FAULT_INVALID_PARAMETER,      /* parameter, value, expected */
	FAULT_INTERFACE_NOT_FOUND,    /* interface */
	FAULT_METHOD_NOT_FOUND,	      /* method */
	FAULT_METHOD_NOT_IMPLEMENTED, /* method; of the Varlink standard, never returned by iouringd
				       */
	FAULT_EXPECTED_MORE,	      /* (no field) */
	FAULT_MAX,
};

#define NOTE_FIELDS_MAX 3

/* Zero-initialise; free with note_done(). Owns its texts, which may be long (a verifier log). */
struct note {
	enum fault fault;
	/* both in the order of the fault's fields; a text is NULL if the field is a number or
	 * absent */
	char *texts[NOTE_FIELDS_MAX];
	int64_t numbers[NOTE_FIELDS_MAX];
};

void note_done(struct note *note);
/* Moves @from into @to, whose content is freed; @from is empty afterwards. */
void note_move(struct note *to, struct note *from);

/* Each fills @note (may be NULL) and returns its fault, for use as "return fault_…()". */
int fault_ring_not_found(struct note *note, const char *ring);
int fault_program_not_found(struct note *note, const char *program);
int fault_program_rejected(struct note *note, const char *program, const char *reason,
			   const char *log);
int fault_layout_mismatch(struct note *note, const char *field, const char *reason);
int fault_generation_mismatch(struct note *note, uint64_t current);
int fault_slot_missing(struct note *note, const char *slot);
int fault_file_refused(struct note *note, const char *slot, const char *reason);
int fault_quota_exceeded(struct note *note, const char *limit, uint64_t allowed, const char *rule);
int fault_not_permitted(struct note *note, const char *reason);
int fault_kernel_lacks(struct note *note, const char *capability, const char *since,
		       const char *reason);
int fault_ring_busy(struct note *note, const char *ring, const char *reason);
int fault_message_refused(struct note *note, const char *reason);
int fault_cannot_start(struct note *note, const char *reason);
int fault_invalid_parameter(struct note *note, const char *parameter, const char *value,
			    const char *expected);
int fault_interface_not_found(struct note *note, const char *name);
int fault_method_not_found(struct note *note, const char *method);
int fault_expected_more(struct note *note);

/* "org.iouringd.Manager.RingNotFound", ...; NULL if @fault is no fault. */
const char *fault_name(enum fault fault);
/* FAULT_NONE if the name is unknown. */
enum fault fault_from_name(const char *name);
/*
 * The error's parameters as an object, which the caller puts. @r: a fault, or -errno (Internal).
 * @note (may be NULL) is used only if it is of this fault.
 */
int fault_to_json(int r, const struct note *note, struct json_object **ret);
/* One line of text that describes the error; the caller frees it. NULL: no memory. */
char *fault_message(const char *error_name, struct json_object *parameters);

#endif
