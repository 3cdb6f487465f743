/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/hang-ups.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "common/cleanup.h"
#include "net/loop.h"

#define AT_ONCE 16

struct hang_ups {
	struct loop *loop; /* borrowed */
	int epoll_fd;
	struct ev_io watcher;
};

static void on_hang_ups(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct epoll_event seen[AT_ONCE];
	int n = epoll_wait(watcher->fd, seen, AT_ONCE, 0);

	for (int i = 0; i < n; i++) {
		struct hang_up *hang_up = seen[i].data.ptr;

		hang_up->seen(hang_up);
	}
}

int hang_ups_new(struct loop *loop, struct hang_ups **ret)
{
	struct hang_ups *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->loop = loop;
	made->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (made->epoll_fd < 0) {
		free(made);
		return -errno;
	}
	ev_io_init(&made->watcher, on_hang_ups, made->epoll_fd, EV_READ);
	ev_io_start(loop_ev(loop), &made->watcher);
	ev_unref(loop_ev(loop)); /* only connections keep the loop running */
	*ret = made;
	return 0;
}

void hang_ups_free(struct hang_ups *hang_ups)
{
	if (!hang_ups)
		return;
	ev_ref(loop_ev(hang_ups->loop));
	ev_io_stop(loop_ev(hang_ups->loop), &hang_ups->watcher);
	safe_close(hang_ups->epoll_fd);
	free(hang_ups);
}

int hang_ups_add(struct hang_ups *hang_ups, int socket_fd, struct hang_up *hang_up)
{
	/* edge-triggered: a socket reports its end until it is closed */
	struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = hang_up};

	if (epoll_ctl(hang_ups->epoll_fd, EPOLL_CTL_ADD, socket_fd, &event) < 0)
		return -errno;
	return 0;
}

void hang_ups_remove(struct hang_ups *hang_ups, int socket_fd)
{
	epoll_ctl(hang_ups->epoll_fd, EPOLL_CTL_DEL, socket_fd, NULL);
}
