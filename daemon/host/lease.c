/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lease.c - the end of a client, if its host does not see to it
 *
 * A host ends itself when the client's end of its lease is closed; one that its client has stopped
 * does not. So the host's end is in an epoll set here, too. Its descriptor is closed again: the set
 * holds no file open, so a host's death is seen by its client at once, and the file leaves the set
 * with its last holder. What comes out of the set is therefore a number, not a pointer.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "host/hosts-linux.h"

#define EVENTS_AT_ONCE 64

static struct host *find_serial(struct hosts_linux *hosts, uint64_t serial)
{
	struct host *host;

	list_for_each(host, &hosts->list, link)
		if (host->serial == serial)
			return host;
	return NULL;
}

static void on_leases(struct ev_loop *loop, struct ev_io *watcher, int revents)
{
	struct hosts_linux *hosts = watcher->data;
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(hosts->leases, events, EVENTS_AT_ONCE, 0);

	for (int i = 0; i < n; i++) {
		struct host *host = find_serial(hosts, events[i].data.u64);

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
	/* No event is asked for: a hang-up always comes. */
	struct epoll_event event = {.events = EPOLLONESHOT, .data.u64 = host->serial};

	return epoll_ctl(host->owner->leases, EPOLL_CTL_ADD, lease_fd, &event) < 0 ? -errno : 0;
}
