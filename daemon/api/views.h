/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views.h - the domain's views as wire structs */
#ifndef DAEMON_API_VIEWS_H
#define DAEMON_API_VIEWS_H

#include "manager/manager.h"
#include "util/sha256.h"
#include "wire/manager.h"

/* *ret borrows from the view, from @wait, which is filled (NULL: none is sent), and @digest. */
void view_ring(const struct ring_view *view, uid_t reader, struct wire_wait *wait,
	       struct wire_ring *ret);
void view_program(const struct program_view *view, char digest[SHA256_TEXT_SIZE],
		  struct wire_program *ret);

#endif
