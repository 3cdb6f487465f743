/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hosts-linux.h - the real host port, inside
 *
 *   hosts-linux.c  the port: starting, commanding, ending
 *   host-events.c  what a host says, and its end
 *   leftovers.c    hosts of an earlier daemon
 */
#ifndef DAEMON_HOST_HOSTS_LINUX_H
#define DAEMON_HOST_HOSTS_LINUX_H

#include <ev.h>

#include "host/host.h"

struct hosts_linux {
	struct hosts hosts;   /* first: what callers have is a pointer to it */
	struct ev_loop *loop; /* borrowed */
	char *program;
	int directory_fd;
	size_t n_hosts; /* not freed yet */
};

/* Owned by who started it; host_free frees it, if in a callback of its own then after that. */
struct host {
	struct hosts_linux *owner;
	char name[CONTROL_NAME_MAX];
	pid_t pid;
	int pidfd;
	int connection; /* -1: closed, it is going away */
	struct ev_io connection_watcher;
	struct ev_io pidfd_watcher;
	struct ev_child child_watcher; /* instead of pidfd_watcher, on libev's default loop */
	struct host_callbacks callbacks;
	void *arg;
	/* What it may say next. */
	bool ready;
	bool running;
	unsigned int runs_ordered;   /* START and RESUME that no RUNNING has answered */
	unsigned int pauses_ordered; /* PAUSE that nothing has answered */
	bool exited;
	unsigned int busy; /* callbacks that are being called */
	bool freed;	   /* in one of them */
};

void host_watch(struct host *host);
void host_unwatch(struct host *host);
void host_close_connection(struct host *host);
void host_kill(struct host *host);
/* Frees the memory and all that it holds. */
void host_destroy(struct host *host);

int leftovers_end(struct hosts *hosts);

#endif
