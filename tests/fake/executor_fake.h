/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* executor_fake.h - an executor whose jobs the test runs, oldest first */
#ifndef TESTS_FAKE_EXECUTOR_H
#define TESTS_FAKE_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "util/job.h"

struct executor_fake {
	struct executor executor;
	struct job *first;
	struct job *last;
	struct job *worked; /* after work(), before done() */
	size_t waiting;	    /* jobs, including the worked one */
};

void executor_fake_init(struct executor_fake *fake);
/* Asserts that no job waits. */
void executor_fake_done(struct executor_fake *fake);
/* The oldest job's work(), without its done(); false if none waits. */
bool executor_fake_work(struct executor_fake *fake);
/* work() (unless called already) and done() of the oldest job; false if none waits. */
bool executor_fake_run_one(struct executor_fake *fake);
/*
 * work() and done() of the youngest job, because a pool's threads end jobs in any order. A worked
 * job comes last.
 */
bool executor_fake_run_youngest(struct executor_fake *fake);
/* All jobs, oldest first, including those that they submit. */
void executor_fake_run(struct executor_fake *fake);

#endif
