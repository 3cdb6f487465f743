/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* start.c - starts a host: as its client, with the client's limits, in the client's control group
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/client-cgroup.h"
#include "host/client-limits.h"
#include "host/control-socket.h"
#include "host/hosts-linux.h"
#include "host/message.h"
#include "host/process.h"
#include "host/setup.h"
#include "util/parcel.h"

struct group { /* where a host works */
	enum control_cgroup how;
	int processes;		    /* of CGROUP_ENTER: its cgroup.procs; else -1 */
	struct placement placement; /* of CGROUP_WAIT */
};

static void group_done(struct group *group)
{
	safe_close(group->processes);
}

/* The socket over which the files of a parcel come to the host: its end, and the sender's. */
struct files_socket {
	int host; /* -1: the setup has no parcel */
	int sender;
};

static void files_socket_done(struct files_socket *files)
{
	safe_close(files->host);
	safe_close(files->sender);
}

static int files_socket_make(const struct host_setup *setup, struct files_socket *ret)
{
	int pair[2];

	if (!setup->parcel)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	*ret = (struct files_socket){.host = pair[0], .sender = pair[1]};
	return 0;
}

/*
 * Starts the process, which finds the connection waiting and then waits for its setup. It becomes
 * its client only after that, so until then it is root's, and its limits can be set.
 */
static int spawn_and_send(struct hosts_linux *hosts, struct host *host, int listener,
			  const struct client_limits *limits, const struct setup_message *message)
{
	int r;

	r = host_spawn(hosts->program, host->name, listener, &host->pid, &host->pidfd);
	if (r < 0)
		return r;
	if (limits)
		r = client_limits_apply(limits, host->pid);
	if (r == 0)
		r = control_send(host->connection, message->bytes, message->size, message->fds,
				 message->n_fds);
	if (r < 0)
		host_spawn_undo(host->pid);
	return r;
}

static int launch(struct hosts_linux *hosts, struct host *host, const struct client_limits *limits,
		  const struct setup_message *message)
{
	_cleanup_close_ int listener = -1;
	int r;

	r = control_socket_listen(hosts->directory_fd, host->name, CONTROL_SOCKET_SUFFIX,
				  &listener);
	if (r < 0)
		return r;
	r = control_socket_connect(hosts->directory_fd, host->name, CONTROL_SOCKET_SUFFIX,
				   &host->connection);
	if (r == 0)
		r = spawn_and_send(hosts, host, listener, limits, message);
	if (r < 0)
		control_socket_remove(hosts->directory_fd, host->name, CONTROL_SOCKET_SUFFIX);
	return r;
}

/* *ret, the caller's: NULL if the daemon starts the host on its own account. */
static int read_client(const struct host_setup *setup, struct client_limits **ret)
{
	_cleanup_free_ struct client_limits *limits = NULL;
	int r;

	if (setup->client_pid == 0)
		return 0;
	limits = calloc(1, sizeof(*limits));
	if (!limits)
		return -ENOMEM;
	r = client_limits_read(setup->client_pid, setup->client_pidfd, setup->uid, limits);
	if (r == 0)
		*ret = take_ptr(limits);
	return r;
}

static bool outlives_client(const struct host_setup *setup)
{
	return setup->client_pid == 0 || setup->lease_fd < 0;
}

/* A scope of its own in the slice of its user, which the administrator can limit. */
static void choose_scope(const struct host_setup *setup, pid_t pid, struct placement *ret)
{
	snprintf(ret->unit, sizeof(ret->unit), "iouringd-%s-%d.scope", setup->name, (int)pid);
	snprintf(ret->slice, sizeof(ret->slice), "iouringd-%u.slice", (unsigned int)setup->uid);
	strcpy(ret->group, "");
}

static int choose_group(const struct hosts_linux *hosts, const struct host_setup *setup,
			struct group *ret)
{
	int r;

	if (!outlives_client(setup)) {
		if (hosts->cgroup_root < 0)
			return 0;
		r = client_cgroup_open(hosts->cgroup_root, setup->client_pid, setup->client_pidfd,
				       &ret->processes, &ret->placement);
		if (r < 0)
			return r;
	}
	if (ret->processes >= 0)
		ret->how = CGROUP_ENTER;
	else if (hosts->place)
		ret->how = CGROUP_WAIT;
	return 0;
}

/* The host is there, and waits. */
static int place(struct host *host, const struct host_setup *setup, struct group *group)
{
	if (group->how != CGROUP_WAIT)
		return 0;
	if (outlives_client(setup))
		choose_scope(setup, host->pid, &group->placement);
	return host_place(host, setup->uid, &group->placement);
}

int host_start(struct hosts *port, const struct host_setup *setup,
	       const struct host_callbacks *callbacks, void *arg, struct host **ret)
{
	struct hosts_linux *hosts = (struct hosts_linux *)port;
	_cleanup_free_ struct setup_message *message = NULL;
	_cleanup_free_ struct client_limits *limits = NULL;
	_cleanup_(group_done) struct group group = {.processes = -1};
	_cleanup_(files_socket_done) struct files_socket files = {-1, -1};
	struct host *host;
	int r;

	if (!control_name_is_valid(setup->name))
		return -EINVAL;
	message = malloc(sizeof(*message));
	if (!message)
		return -ENOMEM;
	r = read_client(setup, &limits);
	if (r == 0)
		r = choose_group(hosts, setup, &group);
	if (r == 0)
		r = files_socket_make(setup, &files);
	if (r == 0)
		r = setup_message_fill(setup, group.how, group.processes, files.host, message);
	if (r == 0 && setup->parcel)
		r = setup->parcel->ops->send(setup->parcel, message->numbers, message->n_numbers,
					     files.sender);
	if (r < 0)
		return r;
	host = host_new(hosts, setup->name, callbacks, arg);
	if (!host)
		return -ENOMEM;
	r = setup->lease_fd >= 0 ? lease_watch(host, setup->lease_fd) : 0;
	if (r == 0)
		r = launch(hosts, host, limits, message);
	if (r < 0) {
		host_destroy(host);
		return r;
	}
	host_watch(host);
	r = place(host, setup, &group);
	if (r < 0) {
		host_unwatch_exit(host);
		host_spawn_undo(host->pid);
		host->exited = true; /* so that its socket is removed */
		host_destroy(host);
		return r;
	}
	*ret = host;
	return 0;
}
