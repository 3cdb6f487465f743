/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-d.h - makes a policy of policy.d, of the names in it, and of /etc/subuid */
#ifndef DAEMON_OS_POLICY_D_H
#define DAEMON_OS_POLICY_D_H

#include "policy/policy.h"
#include "policy/problems.h"

struct users;

struct policy_d { /* all borrowed */
	/* A file in the first directory replaces one of the same name in the other; /dev/null, or
	 * an empty one, removes it. A directory that does not exist is empty. */
	const char *directory;
	const char *vendor_directory;
	const char *subordinate_uids; /* USER:FIRST:COUNT; it need not exist */
	const struct policy_defaults *defaults;
	struct users *users;
};

/*
 * Reads the files *.conf in the order of their names. -EINVAL: @errors has texts "FILE:LINE: ...",
 * or the failure of a look-up. @warnings: what does not keep the policy from being used. Slow.
 */
int policy_d_read(const struct policy_d *from, struct policy **ret, struct problems *errors,
		  struct problems *warnings);

#endif
