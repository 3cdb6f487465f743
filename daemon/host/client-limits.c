/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/client-limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/proc.h"

#define STATUS_MAX 4096 /* bytes: "Uid:" is among the first lines */

/* ---- reading ---- */

static int read_oom_score_adj(pid_t pid, int *ret)
{
	char text[16];
	int r = proc_read(pid, "oom_score_adj", sizeof(text), text);

	if (r == 0)
		*ret = atoi(text);
	return r;
}

static int check_user(pid_t pid, uid_t uid)
{
	unsigned int real, effective;
	char text[STATUS_MAX];
	const char *line;
	int r;

	r = proc_read(pid, "status", sizeof(text), text);
	if (r < 0)
		return r;
	line = strstr(text, "\nUid:"); /* the kernel escapes line breaks in the process's name */
	if (!line || sscanf(line, " Uid: %u %u", &real, &effective) != 2)
		return -EIO;
	return effective == uid ? 0 : -ESTALE;
}

static int read_limits(pid_t pid, struct client_limits *ret)
{
	for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++)
		if (prlimit(pid, resource, NULL, &ret->limits[resource]) < 0)
			return -errno;
	return 0;
}

static int read_scheduling(pid_t pid, struct client_limits *ret)
{
	ret->policy = sched_getscheduler(pid);
	if (ret->policy < 0)
		return -errno;
	ret->policy &= ~SCHED_RESET_ON_FORK;
	errno = 0;
	ret->nice = getpriority(PRIO_PROCESS, (id_t)pid);
	if (errno != 0)
		return -errno;
	ret->io_priority = (int)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid);
	if (ret->io_priority < 0 || sched_getaffinity(pid, sizeof(ret->cpus), ret->cpus) < 0)
		return -errno;
	return 0;
}

int client_limits_read(pid_t pid, int pidfd, uid_t uid, struct client_limits *ret)
{
	int r;

	r = read_limits(pid, ret);
	if (r == 0)
		r = read_scheduling(pid, ret);
	if (r == 0)
		r = read_oom_score_adj(pid, &ret->oom_score_adj);
	if (r == 0)
		r = check_user(
			pid,
			uid); /* last: a process that becomes another user's raises its limits */
	return proc_exited(pidfd) ? -ESRCH : r;
}

/* ---- applying ---- */

static rlim_t min_limit(rlim_t a, rlim_t b)
{
	return a < b ? a : b; /* RLIM_INFINITY is the largest */
}

/* Without CAP_SYS_RESOURCE, as in some containers, the service's own hard limit holds, too. */
static int set_limit(pid_t host, int resource, struct rlimit limit)
{
	struct rlimit own;

	if (prlimit(host, resource, &limit, NULL) == 0)
		return 0;
	if (errno != EPERM || prlimit(host, resource, NULL, &own) < 0)
		return -errno;
	limit.rlim_max = min_limit(limit.rlim_max, own.rlim_max);
	limit.rlim_cur = min_limit(limit.rlim_cur, limit.rlim_max);
	return prlimit(host, resource, &limit, NULL) < 0 ? -errno : 0;
}

/*
 * RLIMIT_MEMLOCK is not the client's: the daemon's quotas replace it for what rings pin, and the
 * host sets it. Of RLIMIT_NOFILE the hard limit holds, because the host can need more descriptors
 * than a low soft limit allows; the host lowers it to what it needs.
 */
static int set_limits(const struct client_limits *limits, pid_t host)
{
	for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++) {
		struct rlimit limit = limits->limits[resource];
		int r;

		if (resource == RLIMIT_MEMLOCK)
			continue;
		if (resource == RLIMIT_NOFILE)
			limit.rlim_cur = limit.rlim_max;
		r = set_limit(host, resource, limit);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Without CAP_SYS_NICE, the target's RLIMIT_NICE permits a value that is lower than its own. */
static int set_nice(pid_t host, int value)
{
	const struct rlimit any = {.rlim_cur = 40, .rlim_max = 40};

	if (setpriority(PRIO_PROCESS, (id_t)host, value) == 0)
		return 0;
	if (errno != EACCES || prlimit(host, RLIMIT_NICE, &any, NULL) < 0 ||
	    setpriority(PRIO_PROCESS, (id_t)host, value) < 0)
		return -errno;
	return 0;
}

static int set_policy(pid_t host, int policy)
{
	const struct sched_param none = {0};

	if (policy != SCHED_BATCH && policy != SCHED_IDLE)
		policy = SCHED_OTHER;
	return sched_setscheduler(host, policy, &none) < 0 ? -errno : 0;
}

static int set_io_priority(pid_t host, int priority)
{
	if (IOPRIO_PRIO_CLASS(priority) == IOPRIO_CLASS_RT)
		priority = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 0);
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, host, priority) < 0 ? -errno : 0;
}

/*
 * -EINVAL: none of these processors is the service's. The affinity is no limit, as every process
 * may change its own; what limits it is the control group.
 */
static int set_cpus(pid_t host, const struct client_limits *limits)
{
	if (sched_setaffinity(host, sizeof(limits->cpus), limits->cpus) < 0 && errno != EINVAL)
		return -errno;
	return 0;
}

static int set_oom_score_adj(pid_t pid, int value)
{
	_cleanup_close_ int fd = -1;
	int r = proc_open(pid, "oom_score_adj", O_WRONLY, &fd);

	if (r < 0)
		return r;
	return dprintf(fd, "%d", value) < 0 ? -errno : 0;
}

int client_limits_apply(const struct client_limits *limits, pid_t host)
{
	int r;

	r = set_nice(host, limits->nice);
	if (r == 0)
		r = set_policy(host, limits->policy);
	if (r == 0)
		r = set_io_priority(host, limits->io_priority);
	if (r == 0)
		r = set_cpus(host, limits);
	if (r == 0)
		r = set_oom_score_adj(host, limits->oom_score_adj);
	return r == 0 ? set_limits(limits, host) : r;
}
