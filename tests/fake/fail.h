/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fail.h - makes the n-th call fail; the fakes of a test share one plan
 *
 * Every fallible call of a port calls fail_next() first. A test counts n up from 1 until the calls
 * are fewer than n.
 */
#ifndef TESTS_FAKE_FAIL_H
#define TESTS_FAKE_FAIL_H

/* Zero-initialise: nothing fails. */
struct fail_plan {
	unsigned int calls; /* so far */
	unsigned int at;    /* number of the call that fails, from 1; 0: none */
	int error;	    /* its result: -errno */
	const char *failed; /* name of the call that failed, or NULL */
};

/* 0, or the planned error if it is @name's turn. @plan may be NULL. */
int fail_next(struct fail_plan *plan, const char *name);

#endif
