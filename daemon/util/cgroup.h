/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup.h - the control group of a process, and the systemd unit that it is of */
#ifndef DAEMON_UTIL_CGROUP_H
#define DAEMON_UTIL_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The path in the unified hierarchy, relative to this process's root and without a leading slash.
 * The caller has to make sure afterwards that the process still runs. -EXDEV: it is not below that
 * root; -EIO: the machine has no unified hierarchy; -ENOENT, -ESRCH: the process is gone.
 */
int cgroup_read(pid_t pid, size_t size, char *path);

/*
 * The unit is the first group that is no slice: only units are delegated, so users choose what is
 * below them. *ret_rest: what follows it. False: the group is in no unit.
 */
bool cgroup_split(const char *path, const char **ret_unit, size_t *ret_length,
		  const char **ret_rest);
/* The unit's name; false as above, or if it is too long. */
bool cgroup_unit(const char *path, size_t size, char *unit);

#endif
