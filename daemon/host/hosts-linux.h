/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hosts-linux.h - the real host port, inside
 *
 *   hosts-linux.c  the port: starting, commanding, ending
 *   host-events.c  what a host says, and its end
 *   adopt.c        applications that run their rings themselves
 *   lease.c        the end of a client, if its host does not see to it
 *   orphans.c       hosts of an earlier daemon: finding and ending them
 *   take-over.c    ... going on with them
 */
#ifndef DAEMON_HOST_HOSTS_LINUX_H
#define DAEMON_HOST_HOSTS_LINUX_H

#include <stdbool.h>

#include <ev.h>

#include "host/host.h"
#include "common/list.h"

/* A host that an earlier daemon has left, or its socket. Owns its descriptors. */
struct orphan {
	char name[CONTROL_NAME_MAX];
	int connection; /* -1: nobody listens (any more), or nobody has accepted for long */
	int pidfd;	/* -1: ended, or not known */
	bool adopted;
	bool alive;
	uid_t uid; /* the next two: of who listens, if he accepts */
	pid_t pid;
};

struct hosts_linux {
	struct hosts hosts;   /* first: what callers have is a pointer to it */
	struct ev_loop *loop; /* borrowed */
	char *program;
	int directory_fd;
	struct list list; /* of hosts that are not freed yet */
	struct orphan *orphans;
	size_t n_orphans;
	int leases; /* epoll set (lease.c) */
	struct ev_io leases_watcher;
	uint64_t last_serial;
};

/* Owned by who started it; host_free frees it, if in a callback of its own then after that. */
struct host {
	struct hosts_linux *owner;
	struct list_link link;
	uint64_t serial; /* never given twice */
	char name[CONTROL_NAME_MAX];
	pid_t pid;
	int pidfd;
	int connection; /* -1: closed, it is going away */
	struct ev_io connection_watcher;
	struct ev_io pidfd_watcher;
	struct ev_child child_watcher; /* instead of pidfd_watcher, on libev's default loop */
	bool inherited;		       /* of an earlier daemon: no child of ours */
	bool asked;		       /* for its state, which has not come yet */
	struct host_callbacks callbacks;
	void *arg;
	/* What it may say next. */
	bool ready;
	bool running;
	unsigned int runs_ordered;   /* START and RESUME that no RUNNING has answered */
	unsigned int pauses_ordered; /* PAUSE that nothing has answered */
	/* of an adopted ring: what follows from commands, in their order */
	bool adopted;
	struct ev_timer echo_watcher;
	enum control_type echoes[8];
	size_t n_echoes;
	bool exited;
	unsigned int busy; /* callbacks that are being called */
	bool freed;	   /* in one of them */
};

/* Of @name; for host_destroy. */
struct host *host_new(struct hosts_linux *hosts, const char *name,
		      const struct host_callbacks *callbacks, void *arg);
void host_watch(struct host *host);
void host_unwatch(struct host *host);
void host_close_connection(struct host *host);
void host_kill(struct host *host);
/* Frees the memory and all that it holds. */
void host_destroy(struct host *host);

/* What a socket says of who listens; *ret_pidfd -1: the kernel does not tell. */
void host_look_at_peer(int connection, uid_t *ret_uid, pid_t *ret_pid, int *ret_pidfd);
/* A callback begins, and ends: in between the host is not destroyed. */
void host_enter(struct host *host);
void host_leave(struct host *host);
/* Its end, once: all that is left to be said. */
void host_exited(struct host *host, int code, int status);

/* ---- adopt.c ---- */

int host_adopt(struct hosts *hosts, const char *name, const struct host_callbacks *callbacks,
	       void *arg, int *ret_lease_fd, struct host **ret);
int host_set_runner(struct host *host, uid_t uid, pid_t pid);
int host_adopted_command(struct host *host, enum control_type type);
/* The connection, and with it the lease. */
void host_adopted_watch(struct host *host);
void host_adopted_unwatch(struct host *host);

/* ---- lease.c ---- */

int leases_init(struct hosts_linux *hosts);
void leases_done(struct hosts_linux *hosts);
/* @lease_fd: the host's end of the lease; may be closed after it. */
int lease_watch(struct host *host, int lease_fd);

/* ---- orphans.c ---- */

int orphans_find(struct hosts *hosts, struct host_found **ret, size_t *ret_n);
int orphans_end(struct hosts *hosts, const char *const *names, size_t n);
void orphan_remove_socket(struct hosts *hosts, const char *name);
struct orphan *orphan_search(struct hosts_linux *hosts, const char *name);
void orphans_done(struct hosts_linux *hosts);

/* ---- take-over.c ---- */

int host_take_over(struct hosts *hosts, const struct host_takeover *takeover,
		   const struct host_callbacks *callbacks, void *arg, int *ret_region_fd,
		   struct host **ret);

#endif
