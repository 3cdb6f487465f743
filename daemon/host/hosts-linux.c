/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/client-limits.h"
#include "host/control-socket.h"
#include "host/hosts-linux.h"
#include "host/message.h"
#include "host/process.h"
#include "host/setup.h"

static struct hosts_linux *hosts_linux(struct hosts *hosts)
{
	return (struct hosts_linux *)hosts;
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

static int start(struct hosts *port, const struct host_setup *setup,
		 const struct host_callbacks *callbacks, void *arg, struct host **ret)
{
	struct hosts_linux *hosts = hosts_linux(port);
	_cleanup_free_ struct setup_message *message = NULL;
	_cleanup_free_ struct client_limits *limits = NULL;
	struct host *host;
	int r;

	if (!control_name_is_valid(setup->name))
		return -EINVAL;
	message = malloc(sizeof(*message));
	if (!message)
		return -ENOMEM;
	r = setup_message_fill(setup, message);
	if (r == 0)
		r = read_client(setup, &limits);
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
	*ret = host;
	return 0;
}

static int command(struct host *host, enum control_type type)
{
	const struct control_head head = control_command(type);
	int r;

	if (type < CONTROL_START || type > CONTROL_END)
		return -EINVAL;
	if (host->exited || host->connection < 0)
		return -EPIPE;
	if (host->adopted)
		return host_adopted_command(host, type);
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

static void kick(struct host *host)
{
	if (!host->exited && !host->adopted)
		syscall(SYS_pidfd_send_signal, host->pidfd, CONTROL_SIGNAL, NULL, 0);
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
	leases_done(hosts);
	orphans_done(hosts);
	if (hosts->directory_fd >= 0)
		close(hosts->directory_fd);
	free(hosts->program);
	free(hosts);
}

static const struct hosts_ops ops = {
	.free = hosts_free,
	.start = start,
	.adopt = host_adopt,
	.set_runner = host_set_runner,
	.command = command,
	.pidfd = pidfd,
	.pid = pid,
	.kick = kick,
	.kill = host_kill,
	.host_free = host_free,
	.find = orphans_find,
	.take_over = host_take_over,
	.orphans_end = orphans_end,
	.remove_socket = orphan_remove_socket,
};

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
	hosts->directory_fd = hosts->leases = -1;
	hosts->program = strdup(program);
	r = hosts->program ? control_directory_open(directory, &hosts->directory_fd) : -ENOMEM;
	if (r == 0)
		r = leases_init(hosts);
	if (r < 0) {
		hosts_free(&hosts->hosts);
		return r;
	}
	*ret = &hosts->hosts;
	return 0;
}
