/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* problems.h - what is wrong with a policy, one line for each */
#ifndef DAEMON_POLICY_PROBLEMS_H
#define DAEMON_POLICY_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#define PROBLEMS_MAX 64 /* further ones are counted only */

/* Zero-initialise; owns its texts. */
struct problems {
	char *texts[PROBLEMS_MAX]; /* the first of all; NULL if memory was lacking */
	size_t n;		   /* of all, those included that have no text here */
};

void problems_done(struct problems *problems);
void problems_add(struct problems *problems, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
