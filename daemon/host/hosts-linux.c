/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/client-cgroup.h"
#include "host/control-socket.h"
#include "host/hosts-linux.h"
#include "host/message.h"
#include "host/proc.h"
#include "host/process.h"
#include "util/log.h"

static struct hosts_linux *hosts_linux(struct hosts *hosts)
{
	return (struct hosts_linux *)hosts;
}

static int command(struct host *host, enum control_type type)
{
	const struct control_head head = control_command(type);
	int r;

	if (type < CONTROL_START || type > CONTROL_END)
		return -EINVAL;
	if (host->exited || (host->connection < 0 && !host->unreachable))
		return -EPIPE;
	if (host->adopted)
		return host_adopted_command(host, type);
	if (host->unreachable)
		return -EAGAIN;
	r = control_send(host->connection, &head, sizeof(head), NULL, 0);
	if (r < 0)
		return r == -ECONNRESET ? -EPIPE : r;
	if (type == CONTROL_START || type == CONTROL_RESUME)
		host->runs_pending++;
	else if (type == CONTROL_PAUSE)
		host->pauses_pending++;
	return 0;
}

static int pidfd(const struct host *host)
{
	return host->pidfd;
}

static pid_t pid(const struct host *host)
{
	return host->pid;
}

static uint64_t inode(const struct host *host)
{
	return process_inode(host->pidfd);
}

static bool lives(struct hosts *hosts, pid_t pid, uint64_t inode)
{
	_cleanup_close_ int fd = process_open(pid, inode);

	return fd >= 0;
}

static bool reachable(const struct host *host)
{
	return !host->unreachable;
}

static void kick(struct host *host)
{
	if (!host->exited && !host->adopted)
		syscall(SYS_pidfd_send_signal, host->pidfd, CONTROL_SIGNAL, NULL, 0);
}

static bool suspended(const struct host *host)
{
	char state = proc_state(host->pid, 0);

	return state == 'T' || state == 't' ||
	       (state && client_cgroup_frozen(host->owner->cgroup_root, host->pid));
}

static void host_free(struct host *host)
{
	if (!host)
		return;
	if (host->callbacks_running > 0) {
		host->freed = true; /* its callback's end destroys it */
		return;
	}
	host_destroy(host);
}

static void hosts_free(struct hosts *port)
{
	struct hosts_linux *hosts = hosts_linux(port);

	if (!port)
		return;
	assert(list_is_empty(&hosts->list));
	placings_done(hosts);
	leases_done(hosts);
	orphans_done(hosts);
	if (hosts->directory_fd >= 0)
		close(hosts->directory_fd);
	safe_close(hosts->cgroup_root);
	free(hosts->program);
	free(hosts);
}

static const struct hosts_ops ops = {
	.free = hosts_free,
	.start = host_start,
	.adopt = host_adopt,
	.set_runner = host_set_runner,
	.command = command,
	.pidfd = pidfd,
	.pid = pid,
	.process_inode = inode,
	.process_lives = lives,
	.reachable = reachable,
	.kick = kick,
	.suspended = suspended,
	.waits = host_waits,
	.kill = host_kill,
	.host_free = host_free,
	.find = orphans_find,
	.take_over = host_take_over,
	.orphans_end = orphans_end,
	.rename = host_rename,
	.remove_socket = orphan_remove_socket,
};

static void find_groups(struct hosts_linux *hosts)
{
	int r = cgroup_root_open(&hosts->cgroup_root);

	if (r < 0)
		log_warning(
			"/sys/fs/cgroup is not a writable cgroup v2 hierarchy (%s), so rings use "
			"the resources of iouringd's control group, not of their clients'",
			strerror(-r));
}

int hosts_linux_new(struct ev_loop *loop, const char *program, const char *directory,
		    struct hosts **ret)
{
	struct hosts_linux *hosts;
	int r;

	hosts = calloc(1, sizeof(*hosts));
	if (!hosts)
		return -ENOMEM;
	hosts->hosts.ops = &ops;
	hosts->loop = loop;
	list_init(&hosts->list);
	list_init(&hosts->placings);
	hosts->directory_fd = hosts->leases = hosts->cgroup_root = -1;
	hosts->program = strdup(program);
	r = hosts->program ? control_directory_open(directory, &hosts->directory_fd) : -ENOMEM;
	if (r == 0)
		r = leases_init(hosts);
	if (r == 0)
		find_groups(hosts);
	if (r < 0) {
		hosts_free(&hosts->hosts);
		return r;
	}
	*ret = &hosts->hosts;
	return 0;
}
