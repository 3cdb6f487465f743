/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* last_use_fake.h - memfds that are unused at once, or when the test says so */
#ifndef TESTS_FAKE_LAST_USE_H
#define TESTS_FAKE_LAST_USE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/last-use.h"

struct last_use_fake {
	struct last_use_port port;
	struct list uses;
	bool held; /* set by the test: somebody else uses all memfds */
	int error; /* set by the test: await() fails with it */
};

void last_use_fake_init(struct last_use_fake *fake);
/* Asserts that nothing is awaited. */
void last_use_fake_done(struct last_use_fake *fake);
/* Counts what is awaited. */
size_t last_use_fake_count(const struct last_use_fake *fake);

#endif
