/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.h - what rings and programs may be called; all of it is safe as a file's name */
#ifndef RING_NAMES_H
#define RING_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define RING_NAME_MAX 64 /* bytes with the final NUL */

/* [a-z][a-z0-9-]*, of at most @max bytes with the final NUL. */
bool name_valid(const char *name, size_t max);

#endif
