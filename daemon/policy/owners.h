/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* owners.h - whose a subordinate uid is: the content of /etc/subuid */
#ifndef DAEMON_POLICY_OWNERS_H
#define DAEMON_POLICY_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/problems.h"
#include "util/user.h"

#define OWNERS_MAX 16384 /* ranges */

struct owner_range {
	uid_t first, last;
	char *name; /* of the owner, or its number */
	unsigned int line;
	struct user user; /* owned; the owner, once it was looked up */
	/* The owner was found, and is not root: a container of root's does not have root's rights.
	 * Otherwise the whole range counts as its first uid. */
	bool known;
};

/* Zero-initialise. */
struct owners {
	struct owner_range *ranges; /* in ascending order, without overlap */
	size_t n;
};

/* Adds the lines NAME:FIRST:COUNT of @text. 0, or -ENOMEM; lines that are wrong are @problems. */
int owners_parse(struct owners *owners, const char *file, const char *text, size_t size,
		 struct problems *problems);
void owners_done(struct owners *owners);
/* NULL: it is no subordinate uid. */
const struct owner_range *owners_find(const struct owners *owners, uid_t uid);

#endif
