/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host-handle.c - struct host: creation, watchers, destruction */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/control-socket.h"
#include "host/hosts-linux.h"

struct host *host_new(struct hosts_linux *hosts, const char *name,
		      const struct host_callbacks *callbacks, void *arg)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->owner = hosts;
	list_append(&hosts->list, &host->link);
	host->serial = ++hosts->last_serial;
	host->pidfd = host->connection = -1;
	host->callbacks = *callbacks;
	host->arg = arg;
	strcpy(host->name, name);
	return host;
}

struct host *host_by_serial(struct hosts_linux *hosts, uint64_t serial)
{
	struct host *host;

	list_for_each(host, &hosts->list, link)
		if (host->serial == serial)
			return host;
	return NULL;
}

int host_rename(struct hosts *port, const char *from, const char *to)
{
	struct hosts_linux *hosts = (struct hosts_linux *)port;
	struct host *host;
	int r;

	r = control_socket_rename(hosts->directory_fd, from, to, CONTROL_SOCKET_SUFFIX);
	if (r == -ENOENT)
		r = control_socket_rename(hosts->directory_fd, from, to, CONTROL_ADOPTED_SUFFIX);
	if (r < 0)
		return r;
	list_for_each(host, &hosts->list, link)
		if (strcmp(host->name, from) == 0)
			strcpy(host->name, to);
	return 0;
}

void host_unwatch_exit(struct host *host)
{
	if (ev_is_active(&host->pidfd_watcher))
		ev_io_stop(host->owner->loop, &host->pidfd_watcher);
	if (ev_is_active(&host->child_watcher))
		ev_child_stop(host->owner->loop, &host->child_watcher);
}

void host_close_connection(struct host *host)
{
	if (host->connection < 0)
		return;
	ev_io_stop(host->owner->loop, &host->connection_watcher);
	close(host->connection);
	host->connection = -1;
}

void host_destroy(struct host *host)
{
	host_unwatch_exit(host);
	if (ev_is_active(&host->reply_timer))
		ev_timer_stop(host->owner->loop, &host->reply_timer);
	host_close_connection(host);
	if (host->pidfd >= 0)
		close(host->pidfd);
	if (host->exited)
		control_socket_remove(host->owner->directory_fd, host->name,
				      host->adopted ? CONTROL_ADOPTED_SUFFIX
						    : CONTROL_SOCKET_SUFFIX);
	list_unlink(&host->link);
	free(host);
}

void host_kill(struct host *host)
{
	if (!host->exited && host->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, host->pidfd, SIGKILL, NULL, 0);
}

void host_callback_begin(struct host *host)
{
	host->callbacks_running++;
}

void host_callback_end(struct host *host)
{
	if (--host->callbacks_running == 0 && host->freed)
		host_destroy(host);
}
