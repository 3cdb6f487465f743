/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring-name.h - names of rings: USER/NAME for people, UID/NAME for the daemon
 *
 * The daemon looks up no users, because that can be slow. A ring of one's own has its plain name in
 * both forms.
 */
#ifndef CLI_RING_NAME_H
#define CLI_RING_NAME_H

#include <stdint.h>

#define RING_TEXT_MAX 320 /* bytes: the name of a user, a slash, and the name of a ring */
#define USER_NAME_MAX 256

/* For the daemon; a text that is no ring's name stays as it is. -ESRCH: the user does not exist. */
int ring_name_of_text(const char *text, char ret[RING_TEXT_MAX]);
/* For people; the number stays if the user has no name. */
const char *ring_text_of_name(const char *name, char buffer[RING_TEXT_MAX]);
/* The name of user @uid, or the number. */
const char *user_text(int64_t uid, char buffer[USER_NAME_MAX]);

#endif
