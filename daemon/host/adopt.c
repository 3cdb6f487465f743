/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt.c - applications that make and run their rings themselves
 *
 * There is nobody to command: the dispatcher's pause flag does what is asked, and what a host would
 * answer is answered here. What there is of the application is its lease, a socket that it listens
 * on and never accepts from: the daemon is connected to it, any daemon can connect again, and when
 * the last copy of it is closed the kernel hangs up on who is connected.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/control-socket.h"
#include "host/hosts-linux.h"
#include "common/cleanup.h"

int host_adopt(struct hosts *port, const char *name, const struct host_callbacks *callbacks,
	       void *arg, int *ret_lease_fd, struct host **ret)
{
	struct hosts_linux *hosts = (struct hosts_linux *)port;
	struct host *host;
	int r;

	if (!control_name_is_valid(name))
		return -EINVAL;
	host = host_new(hosts, name, callbacks, arg);
	if (!host)
		return -ENOMEM;
	host->adopted = true;
	r = control_socket_listen(hosts->directory_fd, name, CONTROL_ADOPTED_SUFFIX, ret_lease_fd);
	if (r < 0) {
		host_destroy(host);
		return r;
	}
	*ret = host;
	return 0;
}

int host_set_runner(struct host *host, uid_t uid, pid_t pid)
{
	_cleanup_close_ int connection = -1, pidfd = -1;
	uid_t peer_uid;
	pid_t peer_pid;
	int r;

	r = control_socket_connect(host->owner->directory_fd, host->name, CONTROL_ADOPTED_SUFFIX,
				   &connection);
	if (r < 0)
		return r;
	host_look_at_peer(connection, &peer_uid, &peer_pid, &pidfd);
	if (pidfd < 0 || peer_uid != uid || peer_pid != pid)
		return -EPERM;
	host->pid = peer_pid;
	host->pidfd = take_fd(&pidfd);
	host->connection = take_fd(&connection);
	host_adopted_watch(host);
	return 0;
}

/* ---- what a host would answer ---- */

static void on_echo(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	struct host *host = watcher->data;

	host_enter(host);
	for (size_t i = 0; i < host->n_echoes && !host->freed; i++)
		if (host->echoes[i] == CONTROL_PAUSE)
			host->callbacks.paused(host->arg);
		else
			host->callbacks.running(host->arg);
	host->n_echoes = 0;
	host_leave(host);
}

int host_adopted_command(struct host *host, enum control_type type)
{
	if (type == CONTROL_END)
		return -EINVAL;
	if (host->n_echoes == sizeof(host->echoes) / sizeof(host->echoes[0]))
		return -EAGAIN;
	host->echoes[host->n_echoes++] = type;
	if (!ev_is_active(&host->echo_watcher)) {
		ev_timer_init(&host->echo_watcher, on_echo, 0, 0);
		host->echo_watcher.data = host;
		ev_timer_start(host->owner->loop, &host->echo_watcher);
	}
	return 0;
}

/* ---- the lease ---- */

/* Nobody accepts, so nobody sends: that it is readable is its end. */
static void on_lease(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	host_exited(watcher->data, 0, 0);
}

void host_adopted_watch(struct host *host)
{
	ev_io_init(&host->connection_watcher, on_lease, host->connection, EV_READ);
	host->connection_watcher.data = host;
	ev_io_start(host->owner->loop, &host->connection_watcher);
}

void host_adopted_unwatch(struct host *host)
{
	if (ev_is_active(&host->echo_watcher))
		ev_timer_stop(host->owner->loop, &host->echo_watcher);
}
