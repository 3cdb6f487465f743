/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage.h - what each user has in use of what several rooms hand out
 *
 * Descriptors wait in messages and are held by rings; bytes are held by connections; programs are
 * in the catalogue. Whoever holds some has a charge, and the sum of a user's charges is compared
 * with the quota (policy/policy.h).
 */
#ifndef DAEMON_UTIL_USAGE_H
#define DAEMON_UTIL_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct usage_user;

enum usage_kind {
	USAGE_DESCRIPTORS,
	USAGE_BYTES,
	USAGE_PROGRAMS,
	USAGE_KINDS,
};

/* Zero-initialise; outlives all charges, after which it holds nothing. */
struct usages {
	struct usage_user *first;
};

/* Embedded in whatever holds what it counts. All zero: none. */
struct usage_charge {
	struct usage_user *user; /* borrowed */
	enum usage_kind kind;
	uint64_t n;
};

/* Counts nothing yet. -ENOMEM. */
int usage_begin(struct usages *usages, uid_t uid, enum usage_kind kind, struct usage_charge *ret);
/* A charge that is none is fine, as it is for usage_end(). */
void usage_set(struct usage_charge *charge, uint64_t n);
void usage_end(struct usage_charge *charge);
/* Of this kind, by all charges of the user. */
uint64_t usage_total(const struct usage_charge *charge);
/* 0 for a charge that is none. */
uid_t usage_uid(const struct usage_charge *charge);

#endif
