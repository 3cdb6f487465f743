/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views.h - the domain's views as wire structs */
#ifndef DAEMON_API_VIEWS_H
#define DAEMON_API_VIEWS_H

#include "manager/manager.h"
#include "wire/manager.h"

#define DIGEST_TEXT_SIZE 65 /* bytes: 32 in hexadecimal and a NUL */

/* *ret borrows from the view and from @digest. */
void view_ring(const struct ring_view *view, uid_t reader, struct wire_ring *ret);
void view_program(const struct program_view *view, char digest[DIGEST_TEXT_SIZE],
		  struct wire_program *ret);

#endif
