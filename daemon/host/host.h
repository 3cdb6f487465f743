/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.h - the host port: starts and controls the processes that run rings
 *
 * A ring's runner is an iouring-host or, for an adopted ring, the application. A struct host stands
 * for either. hosts_linux_new() makes the real implementation (processes, sockets, libev);
 * tests/fake has another.
 *
 * No function blocks, except orphans_end(). Results arrive by callbacks, from the event loop, never
 * within a call of the port. Functions return 0 or -errno unless noted.
 */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/control.h"
#include "util/placement.h"

struct ev_loop;
struct executor;
struct hosts;
struct host;
struct parcel;

struct host_setup {
	const char *name; /* of the ring */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	pid_t client_pid; /* whose limits hold for the host; 0: the service's */
	int client_pidfd; /* borrowed; -1: the client is gone */
	uint32_t sq_entries;
	uint32_t cq_entries;
	uint64_t region_size; /* bytes, as the next two */
	uint64_t data_offset;
	uint64_t data_size;
	const uint64_t *opcodes; /* IOURD_OPCODES_MAX bits */
	size_t n_slots;
	struct parcel *parcel;	    /* borrowed; NULL: the files are descriptors */
	int files[IOURD_SLOTS_MAX]; /* borrowed, or numbers in @parcel; -1: empty */
	int region_fd;		    /* borrowed */
	int lease_fd;		    /* borrowed; -1: none */
};

struct host_callbacks {
	/* The ring exists, disabled, so the dispatcher can be attached. */
	void (*ready)(void *arg, int ring_fd);
	/* The setup failed; exited follows. @error: a positive errno. */
	void (*refused)(void *arg, enum control_stage stage, int error);
	void (*running)(void *arg);
	/*
	 * The runner left the loop after a PAUSE. The loop may have ended by itself at the same
	 * moment; the dispatcher's counts show how its last step ended.
	 */
	void (*paused)(void *arg);
	/* io_uring_enter returned: 0 (program or dispatcher ended the loop) or -errno. */
	void (*returned)(void *arg, int result);
	/*
	 * The state of a host that was taken over: READY, RUNNING, PAUSED or RETURNED, the last
	 * two with @result. Called once, before any other callback except exited; afterwards the
	 * host behaves like one started here. A host that is stopped replies late or never.
	 */
	void (*found)(void *arg, enum control_type state, int result, int ring_fd);
	/* The client's end of the lease is closed. The host exits, unless it is stopped. */
	void (*client_gone)(void *arg);
	/*
	 * The process is gone. The last callback. @code and @status: si_code and si_status of
	 * waitid(). @code 0: unknown, because it was not our child.
	 */
	void (*exited)(void *arg, int code, int status);
};

/* A control socket that an earlier daemon left. */
struct host_found {
	char name[CONTROL_NAME_MAX]; /* of the ring */
	bool adopted;		     /* an application's socket, not a host's */
	bool alive;		     /* a process listens on it */
	uid_t uid;		     /* of that process, if it is known; else -1 */
	pid_t pid;
};

/* How a runner is recognized, from the ring's ledger. */
struct host_takeover {
	const char *name; /* of the ring */
	uid_t uid;
	uint64_t region_device; /* of the region's memfd */
	uint64_t region_inode;
	uint64_t lease_inode; /* of the host's end of the lease; 0: none */
	bool adopted;
	int region_fd; /* adopted: the region's descriptor in the application */
	pid_t process_pid;
	uint64_t process_inode; /* as process_inode() returned it; 0: not known */
};

enum host_wait {
	HOST_WAIT_NONE,	      /* nothing is seen that waits */
	HOST_WAIT_SUBMISSION, /* the loop's thread sleeps while it submits a request */
	HOST_WAIT_READINESS,  /* requests wait until their files are ready */
	HOST_WAIT_WORKER,     /* requests sleep in worker threads of io_uring */
	HOST_WAIT_SUSPENDED,  /* the process is kept from running */
};

struct host_waits {
	enum host_wait place;
	unsigned int requests; /* that wait there */
	int opcode;	       /* IORING_OP_* of all that may be meant; -1: several, or not known */
	int slot;	       /* of their files; -1: several, or not known */
	char function[64];     /* of the kernel, in which the first one sleeps; "": not known */
};

struct hosts_ops {
	/* All hosts must have been freed. */
	void (*free)(struct hosts *hosts);
	/*
	 * Starts an iouring-host; ready or refused follows. -EEXIST: the ring's socket exists;
	 * -EINVAL, -E2BIG: the setup is invalid; -ESRCH: the client has exited; -ESTALE: the client
	 * has changed its user.
	 */
	int (*start)(struct hosts *hosts, const struct host_setup *setup,
		     const struct host_callbacks *callbacks, void *arg, struct host **ret);
	/*
	 * Prepares for an application that makes and runs the ring itself. *ret_lease_fd, the
	 * caller's, is a socket for the application, which calls listen() on it; set_runner() then
	 * identifies it. When the last copy is closed, exited is called with code 0.
	 */
	int (*adopt)(struct hosts *hosts, const char *name, const struct host_callbacks *callbacks,
		     void *arg, int *ret_lease_fd, struct host **ret);
	/*
	 * Sets the application that runs an adopted ring; it then has a pidfd. -EPERM: the process
	 * that listens on the lease is not @pid of user @uid.
	 */
	int (*set_runner)(struct host *host, uid_t uid, pid_t pid);
	/*
	 * Sends START, PAUSE, RESUME or END. An adopted ring has no END; the replies to its
	 * commands come at once, although the application follows when it next enters its ring.
	 * -EPIPE: the process is exiting, exited follows; -EAGAIN: it does not read its commands.
	 */
	int (*command)(struct host *host, enum control_type type);
	int (*pidfd)(const struct host *host); /* borrowed; -1: not known yet */
	pid_t (*pid)(const struct host *host);
	/* The inode of the process's pidfd, which identifies it until a reboot; 0: not known. */
	uint64_t (*process_inode)(const struct host *host);
	/* Whether the process that had that pid and inode still lives. */
	bool (*process_lives)(struct hosts *hosts, pid_t pid, uint64_t inode);
	/*
	 * Whether the ring's control socket leads to the process. If not, a host gets no commands
	 * (-EAGAIN) and reports no state, and only the end of an application's process is noticed.
	 */
	bool (*reachable)(const struct host *host);
	/*
	 * Interrupts the host's io_uring_enter, which it calls again at once: the loop takes a
	 * step. Does nothing to an application.
	 */
	void (*kick)(struct host *host);
	/*
	 * Whether the process is kept from running: by SIGSTOP, a debugger or the freezer of its
	 * control group. False if that is not known.
	 */
	bool (*suspended)(const struct host *host);
	/*
	 * What the requests of a host's ring wait for, as /proc shows it now; @ring_fd: the ring in
	 * the host, -1: not known. -EOPNOTSUPP: an application's ring; -ESRCH: the process is gone.
	 */
	int (*waits)(const struct host *host, int ring_fd, struct host_waits *ret);
	/* Sends SIGKILL, also to an application; exited follows. */
	void (*kill)(struct host *host);
	/*
	 * After exited: frees the host and removes its socket, so nothing else of the ring may
	 * remain. Before exited: frees the memory only; the process runs on without this daemon.
	 * Callbacks may call it. NULL is allowed.
	 */
	void (*host_free)(struct host *host);
	/*
	 * Finds the sockets that earlier daemons left, for take_over() and orphans_end(). The
	 * caller frees the array.
	 */
	int (*find)(struct hosts *hosts, struct host_found **ret, size_t *ret_n);
	/*
	 * Moves the control socket of a ring to another name, and its runner with it, which knows
	 * nothing of that. -EEXIST: there is a socket of that name; -ENOENT: none of @from.
	 */
	int (*rename)(struct hosts *hosts, const char *from, const char *to);
	/*
	 * Takes over a ring's runner, asks a host for its state (found follows), and copies the
	 * region's memfd out of the process: *ret_region_fd, the caller's, or -1 if the process
	 * has closed it. The runner is identified by the listener's uid and the memfd's inode, as
	 * the kernel reports them. If its socket does not lead to it, it is taken over all the
	 * same, not reachable(), as the process that the ledger names; or, of an application, by
	 * its lease alone. -ENOENT, -ECONNREFUSED: it does not exist or is gone; -EPERM: another
	 * user's; -EAGAIN: its socket's backlog is full.
	 */
	int (*take_over)(struct hosts *hosts, const struct host_takeover *takeover,
			 const struct host_callbacks *callbacks, void *arg, int *ret_region_fd,
			 struct host **ret);
	/*
	 * Ends the hosts of these rings, never an application, and waits up to 2 seconds for all
	 * of them. Their sockets remain. -ETIMEDOUT: some have not exited.
	 */
	int (*orphans_end)(struct hosts *hosts, const char *const *names, size_t n);
	/* Removes the socket of a ring whose runner is gone, after everything else of the ring. */
	void (*remove_socket)(struct hosts *hosts, const char *name);
};

struct hosts {
	const struct hosts_ops *ops;
};

/*
 * @loop: borrowed. @program: path of iouring-host. @directory: for control sockets, created with
 * mode 0700 if missing. -EPERM: another user owns it.
 */
int hosts_linux_new(struct ev_loop *loop, const char *program, const char *directory,
		    struct hosts **ret);

/*
 * Lets systemd put hosts into control groups that the daemon cannot choose itself: of clients in a
 * subtree that is delegated to a user, and of rings that outlive their clients, which get a scope
 * each, below iouringd-UID.slice. Without it both stay in the service's. @executor: borrowed; it
 * ends before @hosts.
 */
void hosts_linux_set_systemd(struct hosts *hosts, struct executor *executor, place_process place);

/* For messages: "registering the param region", ... */
const char *control_stage_text(enum control_stage stage);

#endif
