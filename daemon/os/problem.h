/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* problem.h - a sentence about what went wrong at the start, next to its -errno */
#ifndef DAEMON_OS_PROBLEM_H
#define DAEMON_OS_PROBLEM_H

/* Returns @r. *ret_problem is NULL if there is no memory for the text; the caller frees. */
int problem(char **ret_problem, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
