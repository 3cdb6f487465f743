/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policies.h - the policy that the configuration and policy.d make */
#ifndef DAEMON_POLICIES_H
#define DAEMON_POLICIES_H

#include "os/policy-d.h"

struct config;

/* What rules do not say: the configuration. */
void policies_defaults(const struct config *config, struct policy_defaults *ret);
/* Borrows all. */
struct policy_d policies_source(const struct config *config,
				const struct policy_defaults *defaults);
/*
 * Reads it and logs what is wrong. -EINVAL: nothing is exchanged; @otherwise says what follows, in
 * the log. Slow.
 */
int policies_read(const struct policy_d *from, const char *otherwise, struct policy **ret);

#endif
