/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rename.h - a ring that does not end gives its name back */
#ifndef RING_RENAME_H
#define RING_RENAME_H

#include "common/names.h"

struct hosts;
struct kern;
struct kern_dispatcher;

/*
 * Moves what the ring @key has in file systems, its control socket and the pins of @dispatcher
 * (NULL: none), to the first key of title_ending_key() that is free: *ret. 0; -EALREADY: it has
 * such a key; or -errno, and it keeps @key.
 */
int ring_rename(struct hosts *hosts, struct kern *kern, struct kern_dispatcher *dispatcher,
		const char *key, char ret[RING_KEY_MAX]);

#endif
