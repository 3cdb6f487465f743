/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * failure.h - what went wrong last, in words
 */
#ifndef LIB_FAILURE_H
#define LIB_FAILURE_H

struct json_object;
struct note;

struct failure {    /* embedded; texts are owned. Without memory for one, the errno has to do */
	char *name; /* of the daemon's error; NULL: the daemon did not refuse */
	char *parameters; /* JSON text; NULL as for the name */
	char *message;
};

/* Empties it; fit for a zeroed one. */
void failure_done(struct failure *failure);
/* Never NULL. */
const char *failure_message(const struct failure *failure);

/* Each forgets what was there before, and returns its error, so that callers write: return ...; */
int failure_set(struct failure *failure, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The daemon's error, -EREMOTEIO. @parameters is borrowed; NULL: none. */
int failure_refused(struct failure *failure, const char *name, struct json_object *parameters);
/*
 * @r: what a function of wire made of a message of @method: a fault says in @note what is wrong
 * with it, and becomes @fault_errno.
 */
int failure_from_note(struct failure *failure, int r, const struct note *note, int fault_errno,
		      const char *method);

#endif
