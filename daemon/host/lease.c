/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lease.c - detects that a client is gone, even if its host is stopped
 *
 * A host exits when the client's end of its lease is closed, unless the client has stopped it. So
 * an epoll set of the daemon has the host's end of the lease, too. The daemon does not keep the
 * descriptor: the set holds no file open, so the client notices at once that its host is dead. The
 * file leaves the set with its last holder, at any time; so events carry a host's serial number,
 * not a pointer.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "host/hosts-linux.h"

#define EVENTS_AT_ONCE 64

static void on_leases(struct ev_loop *loop, struct ev_io *watcher, int revents)
{
	struct hosts_linux *hosts = watcher->data;
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(hosts->leases, events, EVENTS_AT_ONCE, 0);

	for (int i = 0; i < n; i++) {
		struct host *host = host_by_serial(hosts, events[i].data.u64);

		if (host && !host->exited && !host->freed)
			host->callbacks.client_gone(host->arg);
	}
}

int leases_init(struct hosts_linux *hosts)
{
	hosts->leases = epoll_create1(EPOLL_CLOEXEC);
	if (hosts->leases < 0)
		return -errno;
	ev_io_init(&hosts->leases_watcher, on_leases, hosts->leases, EV_READ);
	hosts->leases_watcher.data = hosts;
	ev_io_start(hosts->loop, &hosts->leases_watcher);
	return 0;
}

void leases_done(struct hosts_linux *hosts)
{
	if (hosts->leases < 0)
		return;
	ev_io_stop(hosts->loop, &hosts->leases_watcher);
	close(hosts->leases);
	hosts->leases = -1;
}

int lease_watch(struct host *host, int lease_fd)
{
	/* EPOLLHUP needs no flag. */
	struct epoll_event event = {.events = EPOLLONESHOT, .data.u64 = host->serial};

	return epoll_ctl(host->owner->leases, EPOLL_CTL_ADD, lease_fd, &event) < 0 ? -errno : 0;
}
