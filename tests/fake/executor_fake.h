/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* executor_fake.h - an executor that runs its jobs, oldest first, when the test says so */
#ifndef TESTS_FAKE_EXECUTOR_H
#define TESTS_FAKE_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "util/job.h"

struct executor_fake {
	struct executor executor;
	struct job *first;
	struct job *last;
	struct job *worked; /* work() was called, done() not yet */
	size_t waiting;	    /* jobs, the worked one too */
};

void executor_fake_init(struct executor_fake *fake);
/* Asserts that nothing waits. */
void executor_fake_done(struct executor_fake *fake);
/* The oldest job's work(), without its done(); false if there is none. */
bool executor_fake_work(struct executor_fake *fake);
/* work() (unless that was called) and done() of the oldest job; false if there is none. */
bool executor_fake_run_one(struct executor_fake *fake);
/*
 * work() and done() of the youngest job, as a pool's threads may end their jobs in any order; one
 * that is only worked comes last.
 */
bool executor_fake_run_youngest(struct executor_fake *fake);
/* All, oldest first, with those that they submit. */
void executor_fake_run(struct executor_fake *fake);

#endif
