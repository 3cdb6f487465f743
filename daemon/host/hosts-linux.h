/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hosts-linux.h - inside the real host port; each file calls only those below it
 *
 *   hosts-linux.c  the port: commands and the end
 *   start.c        starts hosts
 *   take-over.c    continues with a host of an earlier daemon
 *   orphans.c      finds and ends hosts of an earlier daemon
 *   adopt.c        applications that run their rings themselves
 *   host-events.c  messages and exits of hosts
 *   host-handle.c  struct host: creation, watchers, destruction
 *   place.c        lets systemd put hosts into their control groups
 *   waits.c        finds out what a host's ring waits for
 *   lease.c        detects that a client is gone, even if its host is stopped
 */
#ifndef DAEMON_HOST_HOSTS_LINUX_H
#define DAEMON_HOST_HOSTS_LINUX_H

#include <stdbool.h>

#include <ev.h>

#include "common/list.h"
#include "host/host.h"
#include "util/placement.h"

/* The socket of an earlier daemon's host or application. Owns its descriptors. */
struct orphan {
	char name[CONTROL_NAME_MAX];
	int connection; /* -1: no listener, or its backlog is full */
	int pidfd;	/* -1: ended, or unknown */
	bool adopted;
	bool alive;
	uid_t uid; /* of the listener, as is pid; valid with a connection */
	pid_t pid;
};

struct hosts_linux {
	struct hosts hosts;   /* first: callers have a pointer to it */
	struct ev_loop *loop; /* borrowed */
	char *program;
	int directory_fd;
	int cgroup_root;	   /* -1: hosts stay in the service's control group */
	struct executor *executor; /* borrowed, for @place */
	place_process place;	   /* NULL: no systemd */
	struct list placings;	   /* under way (place.c) */
	struct list list;	   /* of hosts that are not destroyed yet */
	struct orphan *orphans;
	size_t n_orphans;
	int leases; /* epoll set (lease.c) */
	struct ev_io leases_watcher;
	uint64_t last_serial;
};

/*
 * A host, or the application that runs an adopted ring. Its starter owns it until host_free(),
 * which waits for the end of a callback of the host that is under way. Owns its descriptors.
 */
struct host {
	struct hosts_linux *owner;
	struct list_link link;
	uint64_t serial; /* unique */
	char name[CONTROL_NAME_MAX];
	pid_t pid;
	int pidfd;
	int connection; /* -1: closed, the process is exiting */
	struct ev_io connection_watcher;
	struct ev_io pidfd_watcher;
	struct ev_child child_watcher; /* instead of pidfd_watcher, on libev's default loop */
	bool inherited;		       /* from an earlier daemon, so not our child */
	bool unreachable;	       /* inherited, and its socket does not lead to it */
	bool query_pending;	       /* STATE was requested and has not arrived */
	struct host_callbacks callbacks;
	void *arg;
	/* These decide which messages are valid next. */
	bool ready;
	bool running;
	unsigned int runs_pending;   /* START and RESUME without a RUNNING yet */
	unsigned int pauses_pending; /* PAUSE without a reply yet */
	/* of an adopted ring: the commands whose replies are due, in order */
	bool adopted;
	struct ev_timer reply_timer;
	enum control_type replies[8];
	size_t n_replies;
	bool exited;
	unsigned int callbacks_running;
	bool freed; /* during a callback */
};

/* ---- host-handle.c ---- */

/* NULL: no memory. End it with host_destroy(). */
struct host *host_new(struct hosts_linux *hosts, const char *name,
		      const struct host_callbacks *callbacks, void *arg);
/* NULL: it was destroyed meanwhile. */
struct host *host_by_serial(struct hosts_linux *hosts, uint64_t serial);
int host_rename(struct hosts *hosts, const char *from, const char *to);
/* Stops the watchers, removes the socket if the host has exited, and frees everything. */
void host_destroy(struct host *host);
/* Stops watching for the exit. Does nothing if the host is not watched. */
void host_unwatch_exit(struct host *host);
void host_close_connection(struct host *host);
void host_kill(struct host *host);
/* Surround callbacks. A host that is freed in between is destroyed by the last of the second. */
void host_callback_begin(struct host *host);
void host_callback_end(struct host *host);

/* ---- start.c ---- */

int host_start(struct hosts *port, const struct host_setup *setup,
	       const struct host_callbacks *callbacks, void *arg, struct host **ret);

/* ---- host-events.c ---- */

/* Watches the connection and the process. */
void host_watch(struct host *host);
/* Watches for the exit of a process that is not our child. */
void host_watch_inherited(struct host *host);
/* Handles the exit, once: reads the remaining messages, then calls exited. */
void host_exited(struct host *host, int code, int status);

/* ---- adopt.c ---- */

int host_adopt(struct hosts *hosts, const char *name, const struct host_callbacks *callbacks,
	       void *arg, int *ret_lease_fd, struct host **ret);
int host_set_runner(struct host *host, uid_t uid, pid_t pid);
/* Schedules the reply. -EAGAIN: too many are due. */
int host_adopted_command(struct host *host, enum control_type type);
/* Watches the connection, and with it the lease; without one, the process. */
void host_adopted_watch(struct host *host);

/* ---- lease.c ---- */

int leases_init(struct hosts_linux *hosts);
void leases_done(struct hosts_linux *hosts);
/* @lease_fd: the host's end of the lease; the caller may close it afterwards. */
int lease_watch(struct host *host, int lease_fd);

/* ---- place.c ---- */

/* For a host that waits (CGROUP_WAIT): it goes on, or refused follows. */
int host_place(struct host *host, uid_t uid, const struct placement *placement);
void placings_done(struct hosts_linux *hosts);

/* ---- waits.c ---- */

int host_waits(const struct host *host, int ring_fd, struct host_waits *ret);

/* ---- orphans.c ---- */

int orphans_find(struct hosts *hosts, struct host_found **ret, size_t *ret_n);
int orphans_end(struct hosts *hosts, const char *const *names, size_t n);
void orphan_remove_socket(struct hosts *hosts, const char *name);
/* An orphan that the last orphans_find() found, borrowed; or NULL. */
struct orphan *orphan_search(struct hosts_linux *hosts, const char *name);
/* Closes what a takeover has not taken. */
void orphan_close(struct orphan *orphan);
void orphans_done(struct hosts_linux *hosts);

/* ---- take-over.c ---- */

int host_take_over(struct hosts *hosts, const struct host_takeover *takeover,
		   const struct host_callbacks *callbacks, void *arg, int *ret_region_fd,
		   struct host **ret);

#endif
