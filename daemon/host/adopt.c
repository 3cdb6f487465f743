/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt.c - applications that make and run their rings themselves
 *
 * Such an application takes no commands. The dispatcher's pause flag does the work, and this file
 * sends the replies that a host would send. The application is represented by its lease, a socket
 * on which it listens without accepting. The daemon is connected to that socket, as any later
 * daemon can be. When its last copy is closed, the kernel hangs up the connection.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/control-socket.h"
#include "host/hosts-linux.h"

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
	control_socket_peer(connection, &peer_uid, &peer_pid, &pidfd);
	if (pidfd < 0 || peer_uid != uid || peer_pid != pid)
		return -EPERM;
	host->pid = peer_pid;
	host->pidfd = take_fd(&pidfd);
	host->connection = take_fd(&connection);
	host_adopted_watch(host);
	return 0;
}

/* ---- the replies of a host ---- */

static void on_reply_timer(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	struct host *host = watcher->data;

	host_callback_begin(host);
	for (size_t i = 0; i < host->n_replies && !host->freed; i++)
		if (host->replies[i] == CONTROL_PAUSE)
			host->callbacks.paused(host->arg);
		else
			host->callbacks.running(host->arg);
	host->n_replies = 0;
	host_callback_end(host);
}

int host_adopted_command(struct host *host, enum control_type type)
{
	if (type == CONTROL_END)
		return -EINVAL;
	if (host->n_replies == sizeof(host->replies) / sizeof(host->replies[0]))
		return -EAGAIN;
	host->replies[host->n_replies++] = type;
	if (!ev_is_active(&host->reply_timer)) {
		ev_timer_init(&host->reply_timer, on_reply_timer, 0, 0);
		host->reply_timer.data = host;
		ev_timer_start(host->owner->loop, &host->reply_timer);
	}
	return 0;
}

/* ---- the lease ---- */

/* Nobody accepts the connection, so it carries no data: it is readable when it has ended. */
static void on_lease(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	host_exited(watcher->data, 0, 0);
}

void host_adopted_watch(struct host *host)
{
	if (host->connection < 0) {
		if (host->pidfd >= 0)
			host_watch_inherited(host);
		return;
	}
	ev_io_init(&host->connection_watcher, on_lease, host->connection, EV_READ);
	host->connection_watcher.data = host;
	ev_io_start(host->owner->loop, &host->connection_watcher);
}
