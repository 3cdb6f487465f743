/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check.h - --check-config and --check-policy: what the administrator writes */
#ifndef DAEMON_CHECK_H
#define DAEMON_CHECK_H

#include <stdbool.h>

struct config;

/* Prints problems of the policy, one a line, on standard error. True: none. */
bool check_policy(const struct config *config);
/* The declarations and the paths, too. */
bool check_files(const struct config *config);

#endif
