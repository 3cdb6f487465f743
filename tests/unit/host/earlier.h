/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* earlier.h - a daemon that starts hosts and is killed */
#ifndef TESTS_UNIT_HOST_EARLIER_H
#define TESTS_UNIT_HOST_EARLIER_H

#include "fixture.h"

/*
 * Leaves @n stand-ins, at most 8, whose pids are stored in @pids. Those with "-runs" in their names
 * are running, the others are ready. They become children of the test, which can reap them.
 */
void earlier_daemon(struct fixture *f, const char *const *names, size_t n, pid_t *pids);

#endif
