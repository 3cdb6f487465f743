/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* problem.h - the text of a failure, next to its -errno */
#ifndef DAEMON_OS_PROBLEM_H
#define DAEMON_OS_PROBLEM_H

/* Returns @r. *ret_problem is NULL if memory for the text is lacking; the caller frees it. */
int set_problem(char **ret_problem, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
