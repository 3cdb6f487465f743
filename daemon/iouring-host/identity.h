/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * identity.h - turns a host from a process of root into an unprivileged process of its client
 *
 * Functions return 0 or -errno.
 */
#ifndef DAEMON_HOST_IDENTITY_H
#define DAEMON_HOST_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Forbids core dumps, limits descriptors and lifts the limit on locked memory, which the daemon's
 * quotas replace. Requires root.
 */
int identity_set_limits(void);
/* Forbids locking more memory. Call it after everything has been registered. */
int identity_close_limits(void);

/* Takes the client's gid and groups. */
int identity_take_groups(uint32_t gid, const uint32_t *groups, size_t n_groups);
/*
 * Takes the client's uid, gid and groups, drops all capabilities, and sets no_new_privs. The
 * process is not dumpable, so other processes of the client can neither trace it nor open its
 * files in /proc.
 */
int identity_drop(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n_groups);

#endif
