/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * placement.h - the control group into which systemd puts a process
 *
 * The daemon may not change groups that are delegated to a user, nor make groups of its own outside
 * of its unit. systemd can do both.
 */
#ifndef DAEMON_UTIL_PLACEMENT_H
#define DAEMON_UTIL_PLACEMENT_H

#include <limits.h>
#include <sys/types.h>

#define UNIT_NAME_SIZE 256 /* as systemd's UNIT_NAME_MAX */

struct placement {
	char unit[UNIT_NAME_SIZE]; /* an existing unit with Delegate=, or the name of a new scope */
	char slice[UNIT_NAME_SIZE]; /* of the new scope; empty: the unit exists */
	char group[PATH_MAX];	    /* below the existing unit's: "/a/b"; empty: the unit's own */
};

/* Blocks until the process is there. Any thread may call it. 0 or -errno. */
typedef int (*place_process)(const struct placement *placement, pid_t pid);

#endif
