/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fail.h - "the n-th call fails": one plan, shared by the fakes of a test
 *
 * Every call of a port that can fail asks fail_next() first. A test walks n from 1 up to the first
 * n that was never reached.
 */
#ifndef TESTS_FAKE_FAIL_H
#define TESTS_FAKE_FAIL_H

/* Zero-initialise: nothing fails. */
struct fail_plan {
	unsigned int calls; /* so far */
	unsigned int at;    /* which one fails, counted from 1; 0: none */
	int error;	    /* what it returns: -errno */
	const char *failed; /* the name of the call that did, or NULL */
};

/* 0, or the planned error if it is @name's turn. @plan may be NULL. */
int fail_next(struct fail_plan *plan, const char *name);

#endif
