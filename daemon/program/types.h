/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* types.h - programs as clients see them */
#ifndef PROGRAM_TYPES_H
#define PROGRAM_TYPES_H

#include <stdbool.h>
#include <stddef.h>

struct kern_program_info;
struct note;

enum program_state { PROGRAM_AVAILABLE, PROGRAM_LOADING, PROGRAM_LOADED, PROGRAM_REJECTED };

/* Borrowed, until the next call into the manager. */
struct program_view {
	const struct kern_program_info *info; /* NULL: being opened (LOADING), or REJECTED */
	const char *name;
	enum program_state state;
	const char *reason; /* or NULL */
	bool shipped;
	size_t rings; /* that run it */
};

/* @view: NULL unless r is 0. @note: filled if r > 0. Both borrowed. */
typedef void (*program_done)(void *arg, int r, const struct note *note,
			     const struct program_view *view);

#endif
