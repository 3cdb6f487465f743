/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * identity.h - a host turns from a process of root into one of its client, with less than that
 */
#ifndef DAEMON_HOST_IDENTITY_H
#define DAEMON_HOST_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

/* While still root. What is pinned later is the daemon's business (its quotas), not memlock's. */
int identity_set_limits(void);
/* After the last thing was pinned. */
int identity_close_limits(void);

/*
 * The client's uid, gid and groups; no capability; no_new_privs; not dumpable, so that the client's
 * other processes can neither trace it nor open its /proc. 0 or -errno.
 */
int identity_drop(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n_groups);

#endif
