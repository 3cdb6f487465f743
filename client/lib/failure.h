/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * failure.h - the last error, as text
 */
#ifndef LIB_FAILURE_H
#define LIB_FAILURE_H

struct json_object;
struct note;

struct failure {    /* embedded; owns its texts. A text is NULL if there was no memory for it */
	char *name; /* of the daemon's error; NULL if the error is not the daemon's */
	char *parameters; /* JSON text; NULL as for the name */
	char *message;
};

/* Frees the texts and zeroes it. Accepts a zeroed one. */
void failure_done(struct failure *failure);
/* The message, or a default text; never NULL. */
const char *failure_message(const struct failure *failure);

/* Each replaces the previous failure and returns its error, for use as "return failure_set(...)".
 */
int failure_set(struct failure *failure, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * Stores an error reply of the daemon: -EREMOTEIO, or -ENOMEM. @parameters is borrowed; NULL: none.
 */
int failure_refused(struct failure *failure, const char *name, struct json_object *parameters);
/*
 * Stores the result @r of parsing or decoding a message of @method. A fault, described by @note,
 * becomes @fault_errno; an -errno is kept.
 */
int failure_from_note(struct failure *failure, int r, const struct note *note, int fault_errno,
		      const char *method);

#endif
