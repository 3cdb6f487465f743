/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy.h - what each client may do, and how much
 *
 * A policy is a list of rules over defaults. For each item, a right or a quota, the first rule that
 * matches the client and mentions the item decides; if none does, the default decides. This room
 * reads no files and asks nobody: os/policy-d makes a policy, whose owner exchanges it as a whole.
 */
#ifndef DAEMON_POLICY_POLICY_H
#define DAEMON_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/sha256.h"
#include "util/usage.h"
#include "util/user.h"

struct note;
struct policy;

enum policy_who { /* the users that have a right by default */
		  WHO_ROOT,
		  WHO_ALL,
		  WHO_NONE,
};

enum policy_item {
	POLICY_PROGRAMS, /* the right to use one program; the question names it */
	POLICY_LOAD_PROGRAMS,
	POLICY_PERSISTENT_RINGS,
	POLICY_ADOPTED_RINGS,
	POLICY_SEE_RINGS,   /* of others */
	POLICY_STEER_RINGS, /* of others */
	POLICY_RIGHTS,	    /* the quotas follow */
	POLICY_RINGS = POLICY_RIGHTS,
	POLICY_REGION_BYTES,
	POLICY_ENTRIES,
	POLICY_CONNECTIONS,
	POLICY_COUNTED, /* the quotas of what struct usages counts, in the order of its kinds */
	POLICY_DESCRIPTORS = POLICY_COUNTED,
	POLICY_QUEUED_BYTES,
	POLICY_LOADED_PROGRAMS,
	POLICY_ITEMS,
};

struct policy_key {
	const char *name; /* in rules, and of a quota in QuotaExceeded and GetStatus */
	int64_t maximum;  /* of a quota */
	int64_t minimum;
};

extern const struct policy_key policy_keys[POLICY_ITEMS];

/* By item: an enum policy_who, or a quota. */
struct policy_defaults {
	int64_t values[POLICY_ITEMS];
};

/* Who holds the policy in force. Others borrow it, and do not keep what they read in it. */
struct policies {
	struct policy *current; /* owned; never NULL while others use it */
	struct usages usages;	/* what its quotas are compared with, and outlives it */
};

struct policy_client { /* all borrowed */
	const struct user *user;
	/* Its control group, relative to the root and without a leading slash. NULL: not known; a
	 * rule for units or control groups that may be its then gives it nothing. */
	const char *cgroup;
};

struct policy_program {
	const char *name;
	const uint8_t *digest; /* NULL: not known; then it equals none, but for denials */
};

struct policy_answer { /* borrowed from the policy */
	enum policy_item item;
	int64_t value;	   /* of a right 0 or 1 */
	const char *file;  /* of the rule; NULL: none decided */
	const char *rule;  /* its name, or NULL */
	unsigned int line; /* of the item in the rule */
	bool subordinate;  /* decided by what the owner of the client's uid may do */
};

/* With the defaults only. */
int policy_new(const struct policy_defaults *defaults, struct policy **ret);
/* NULL is fine. */
void policy_free(struct policy *policy);

/*
 * A subordinate uid has at most what its owner has: rights that both have, and the smaller quota.
 * @program: of POLICY_PROGRAMS.
 */
void policy_decide(const struct policy *policy, const struct policy_client *client,
		   enum policy_item item, const struct policy_program *program,
		   struct policy_answer *ret);
/* Whether @more fit beside @used: 0, or FAULT_QUOTA_EXCEEDED, which names quota, value and place.
 */
int policy_fits(const struct policy_answer *limit, uint64_t used, uint64_t more, struct note *note);
/*
 * Counts @more with @charge, if the client's quota for what it counts has room; otherwise
 * FAULT_QUOTA_EXCEEDED, and nothing changes.
 */
int policy_charge(const struct policy *policy, const struct policy_client *client, uint64_t more,
		  struct note *note, struct usage_charge *charge);
/* The user that pays for what @uid uses: the owner, if it is a subordinate uid. */
uid_t policy_payer(const struct policy *policy, uid_t uid);

/* The peer as a client. */
static inline struct policy_client policy_client_of(const struct peer *peer)
{
	return (struct policy_client){
		.user = &peer->user,
		.cgroup = peer->pid == 0 ? "" : peer->cgroup,
	};
}

#define POLICY_PLACE_MAX 512
/* "/etc/iouringd/policy.d/10-a.conf:7 (rule \"backup\")", or where the default is from. */
const char *policy_place(const struct policy_answer *answer, char buffer[POLICY_PLACE_MAX]);
/* FAULT_NOT_PERMITTED, which names the place; @what: "persistent rings", for example. */
int policy_refuse(const struct policy_answer *answer, const char *what, struct note *note);

#endif
