/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * last-use.c - reports when nobody uses a memfd any more, by inotify
 *
 * A memfd has no name, so the kernel deletes its inode when the last descriptor and mapping are
 * gone, and reports that to those that watch the inode. A watch does not keep the memfd.
 */
#include "net/last-use.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "net/loop.h"
#include "util/last-use.h"
#include "util/log.h"

struct inotify_port {
	struct last_use_port port;
	struct loop *loop; /* borrowed */
	int fd;
	struct ev_io watcher;
	struct list uses;
};

static struct inotify_port *inotify_of(struct last_use_port *port)
{
	return container_of(port, struct inotify_port, port);
}

static void report(struct last_use *use)
{
	list_unlink(&use->link);
	use->gone(use);
}

static void report_watch(struct inotify_port *inotify, int watch)
{
	struct last_use *use;

	list_for_each(use, &inotify->uses, link) {
		if (use->watch == watch) {
			report(use);
			return;
		}
	}
}

/* Events are missing, and nobody can tell which: all count as unused. */
static void report_all(struct inotify_port *inotify)
{
	struct list_link *link;

	log_warning("events of inotify were lost: param regions of ended rings that are still in "
		    "use do not count towards their users' limits any more; raise "
		    "fs.inotify.max_queued_events");
	while ((link = list_first(&inotify->uses)))
		report(container_of(link, struct last_use, link));
}

static void collect(struct last_use_port *port)
{
	struct inotify_port *inotify = inotify_of(port);
	_Alignas(struct inotify_event) char events[4096];
	ssize_t n;

	while ((n = read(inotify->fd, events, sizeof(events))) > 0) {
		const struct inotify_event *event;

		for (char *at = events; at < events + n; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)(void *)at;
			if (event->mask & IN_Q_OVERFLOW)
				report_all(inotify);
			else if (event->mask & IN_DELETE_SELF)
				report_watch(inotify, event->wd);
		}
	}
}

static int await(struct last_use_port *port, int fd, struct last_use *use)
{
	struct inotify_port *inotify = inotify_of(port);
	char path[32];
	int watch;

	assert(!list_is_linked(&use->link));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	watch = inotify_add_watch(inotify->fd, path, IN_DELETE_SELF);
	if (watch < 0)
		return -errno;
	use->watch = watch;
	list_append(&inotify->uses, &use->link);
	return 0;
}

static void cancel(struct last_use_port *port, struct last_use *use)
{
	if (!list_is_linked(&use->link))
		return;
	inotify_rm_watch(inotify_of(port)->fd, use->watch);
	list_unlink(&use->link);
}

static void on_events(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct inotify_port *inotify = watcher->data;

	collect(&inotify->port);
}

int last_use_port_new(struct loop *loop, struct last_use_port **ret)
{
	struct inotify_port *inotify = calloc(1, sizeof(*inotify));

	if (!inotify)
		return -ENOMEM;
	inotify->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify->fd < 0) {
		int r = -errno;

		free(inotify);
		return r;
	}
	inotify->port = (struct last_use_port){
		.await = await,
		.cancel = cancel,
		.collect = collect,
	};
	inotify->loop = loop;
	list_init(&inotify->uses);
	ev_io_init(&inotify->watcher, on_events, inotify->fd, EV_READ);
	inotify->watcher.data = inotify;
	ev_io_start(loop_ev(loop), &inotify->watcher);
	*ret = &inotify->port;
	return 0;
}

void last_use_port_free(struct last_use_port *port)
{
	struct inotify_port *inotify;

	if (!port)
		return;
	inotify = inotify_of(port);
	assert(list_is_empty(&inotify->uses));
	ev_io_stop(loop_ev(inotify->loop), &inotify->watcher);
	close(inotify->fd);
	free(inotify);
}
