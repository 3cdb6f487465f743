/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * users_fake.h - three users, root, alice (1000) and bob (1001), and files whose paths give their
 * kind: /good/…, /missing/…, /read-only/…, /proc/…, /link/…, /pipe/…; only user NAME may open
 * /of/NAME/….
 */
#ifndef TESTS_FAKE_USERS_H
#define TESTS_FAKE_USERS_H

#include "util/users.h"

struct users_fake {
	struct users users;
	int find_result; /* of all finds, unless 0 */
	unsigned int finds, opens;
	uid_t opened_as; /* the last, as are the next two */
	int opened_flags;
	char opened_path[64];
};

void users_fake_init(struct users_fake *fake);

#endif
