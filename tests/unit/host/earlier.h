/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* earlier.h - a daemon that starts hosts, and is killed */
#ifndef TESTS_UNIT_HOST_EARLIER_H
#define TESTS_UNIT_HOST_EARLIER_H

#include "fixture.h"

/*
 * Leaves @n stand-ins, 8 at most; those with "-runs" in their name are told to run, the others are
 * ready. They become the test's children, which lets it see that they are gone.
 */
void earlier_daemon(struct fixture *f, const char *const *names, size_t n, pid_t *pids);

#endif
