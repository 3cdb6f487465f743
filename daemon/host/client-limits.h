/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * client-limits.h - a host is limited as the client that asked for it
 *
 * A host is a child of the daemon, so it has the daemon's resource limits and scheduling. As the
 * client's own work it must have the client's.
 */
#ifndef DAEMON_HOST_CLIENT_LIMITS_H
#define DAEMON_HOST_CLIENT_LIMITS_H

#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>

#define CLIENT_CPUS_MAX 8192u /* as NR_CPUS at its largest */

struct client_limits { /* of a process, as they were when they were read */
	struct rlimit limits[RLIM_NLIMITS];
	int policy; /* SCHED_* */
	int nice;
	int io_priority;
	int oom_score_adj;
	cpu_set_t cpus[CLIENT_CPUS_MAX / CPU_SETSIZE];
};

/*
 * Reads the limits of process @pid, which @pidfd refers to. -ESRCH: it has exited; -ESTALE: its
 * effective user is not @uid; else 0 or -errno.
 */
int client_limits_read(pid_t pid, int pidfd, uid_t uid, struct client_limits *ret);

/*
 * Sets them for @host, a child of this process that still has its user and capabilities. What only
 * a privileged client can have, a real-time class of CPU or I/O, becomes the nearest ordinary one.
 * 0 or -errno.
 */
int client_limits_apply(const struct client_limits *limits, pid_t host);

#endif
