/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * title.h - the names of a ring
 *
 * Each user chooses names of rings freely: a name belongs to a *space*, which is a uid. Declared
 * rings are in space 0, whoever owns them, so nobody can keep a declared ring away by its name.
 *
 * A reader calls a ring NAME if it is of his own space, and UID/NAME otherwise.
 *
 * Pins, sockets and hosts need one name for the whole machine, the *key*: NAME in space 0, and
 * uUID-NAME in the others. Users may not choose names of that form. A ring that a user made under
 * an earlier version has its plain name as its key, and so is in space 0.
 */
#ifndef RING_TITLE_H
#define RING_TITLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/names.h"
#include "ring/types.h"

#define RING_FULL_MAX (RING_KEY_MAX + 12) /* of UID/NAME */

/* The key of @name, which is valid, in @space. */
void title_key(uid_t space, const char *name, char ret[RING_KEY_MAX]);
/* *ret borrows from @key and @full, which is filled. */
void title_of_key(const char *key, char full[RING_FULL_MAX], struct ring_title *ret);
/*
 * The key of a ring that does not end, which gives its name back: the @n-th for @key,
 * NAME-ending-N in the same space. False: @key is of that form already.
 */
bool title_ending_key(const char *key, unsigned int n, char ret[RING_KEY_MAX]);
/*
 * Whether @reader can mean that ring by @text. By a plain name he means a ring of his own space,
 * or, if @shared, one of space 0.
 */
bool title_matches(const struct ring_title *title, uid_t reader, bool shared, const char *text);

#endif
