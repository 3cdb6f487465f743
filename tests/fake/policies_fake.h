/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policies_fake.h - a policy without files: defaults, and rules from a text */
#ifndef FAKE_POLICIES_FAKE_H
#define FAKE_POLICIES_FAKE_H

#include "policy/policy.h"

/* Unlimited, and all rights as iouringd.conf has them, but for adopted rings: all users. */
void policies_fake_defaults(struct policy_defaults *ret);
/* Exchanges the policy. @rules: the content of a file "test.conf", or NULL. Aborts if it is wrong.
 */
void policies_fake_set(struct policies *policies, const struct policy_defaults *defaults,
		       const char *rules);
void policies_fake_done(struct policies *policies);

#endif
