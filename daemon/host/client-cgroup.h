/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * client-cgroup.h - the control group of the client that a host works for
 *
 * What a host uses, CPU time, memory, page cache, tasks and I/O, counts in its control group. So it
 * must be its client's, before it touches the region. The daemon opens the group, and the host
 * moves itself: a move waits for an RCU grace period of the kernel.
 */
#ifndef DAEMON_HOST_CLIENT_CGROUP_H
#define DAEMON_HOST_CLIENT_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/placement.h"

/*
 * The root of the machine's control groups, a descriptor of the caller's. -EOPNOTSUPP: the machine
 * has no unified hierarchy (cgroup v2); -EROFS: this process may not change it.
 */
int cgroup_root_open(int *ret_fd);

/*
 * The group of process @pid, which @pidfd refers to: its cgroup.procs, opened for writing; or
 * *ret_fd stays -1, and @ret_placement names it, because it is in a subtree that is delegated to a
 * user. -ESRCH: the process is gone.
 */
int client_cgroup_open(int root_fd, pid_t pid, int pidfd, int *ret_fd,
		       struct placement *ret_placement);

/*
 * The unit of the group at @path, relative to the root, and the group's path below it. -EINVAL: it
 * is in no unit.
 */
int client_cgroup_unit(const char *path, struct placement *ret);

/*
 * Whether the group of process @pid is frozen, which the process's state does not show. False if
 * that cannot be read, or if there is no root (-1).
 */
bool client_cgroup_frozen(int root_fd, pid_t pid);

#endif
