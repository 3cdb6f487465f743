/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.h - the host port: starting and steering the processes that run rings
 *
 * Implemented by hosts_linux_new() (daemon/host/hosts-linux.c: processes, sockets, libev) and by
 * tests/fake. Never blocks; what comes back comes through the callbacks, on the event loop, and
 * never from within a call of the port.
 */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/control.h"

struct ev_loop;
struct hosts;
struct host;

struct host_setup {
	const char *name; /* of the ring */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	uint32_t sq_entries;
	uint32_t cq_entries;
	uint64_t region_size; /* bytes */
	uint64_t data_offset;
	uint64_t data_size;
	const uint64_t *opcodes; /* IOURD_OPCODES_MAX bits */
	size_t n_slots;
	int files[IOURD_SLOTS_MAX]; /* borrowed; -1: empty */
	int region_fd;		    /* borrowed */
	int lease_fd;		    /* borrowed; -1: none */
};

struct host_callbacks {
	/* The disabled ring is there to be attached to. */
	void (*ready)(void *arg, int ring_fd);
	/* Setup failed; exited follows. */
	void (*refused)(void *arg, enum control_stage stage, int error);
	void (*running)(void *arg);
	/*
	 * The loop was left after a PAUSE. It may have come to its own end at the same moment: the
	 * dispatcher's counts say how its last step ended.
	 */
	void (*paused)(void *arg);
	/* io_uring_enter came back: 0 (program or dispatcher said stop) or -errno. */
	void (*returned)(void *arg, int result);
	/*
	 * Of a host that was taken over: in what state it is (READY, RUNNING, PAUSED or RETURNED,
	 * with @result). Comes once, before any other but exited; from then on all is as with a
	 * host that was started here. One that is stopped says nothing: this then comes late or
	 * never.
	 */
	void (*found)(void *arg, enum control_type state, int result, int ring_fd);
	/*
	 * The last holder of the client's end of the lease has closed it. The host ends itself
	 * then, unless it is stopped.
	 */
	void (*client_gone)(void *arg);
	/*
	 * The process is gone: the last callback. @status as of waitid: si_code, si_status. @code
	 * 0: how it ended is not known (it was not our child, and the kernel does not tell).
	 */
	void (*exited)(void *arg, int code, int status);
};

/* A control socket that an earlier daemon has left. */
struct host_found {
	char name[CONTROL_NAME_MAX]; /* of the ring */
	bool adopted;		     /* the application that runs it listens, not a host */
	bool alive;		     /* somebody listens there; else its process is gone */
	uid_t uid;		     /* the next two: of who listens, if alive */
	pid_t pid;
};

/* How a host is recognized, by what was written down of it. */
struct host_takeover {
	const char *name; /* of the ring */
	uid_t uid;
	uint64_t region_device; /* of the region's memfd */
	uint64_t region_inode;
	uint64_t lease_inode; /* of the host's end of the lease; 0: none */
	bool adopted;	      /* not a host: the application of an adopted ring */
	int region_fd;	      /* of an adopted ring: the number of its region in the application */
};

struct hosts_ops {
	void (*free)(struct hosts *hosts); /* no host may be left */
	int (*start)(struct hosts *hosts, const struct host_setup *setup,
		     const struct host_callbacks *callbacks, void *arg, struct host **ret);
	/*
	 * The stand-in of an application that makes and runs its ring itself. *ret_lease_fd, the
	 * caller's, is for the application: a socket on which it calls listen(). Who has done that
	 * last is known by set_runner(). When its last copy is closed, exited comes, with code 0.
	 */
	int (*adopt)(struct hosts *hosts, const char *name, const struct host_callbacks *callbacks,
		     void *arg, int *ret_lease_fd, struct host **ret);
	/* From then on there is a pidfd. -EPERM: it is not process @pid of user @uid who listens.
	 */
	int (*set_runner)(struct host *host, uid_t uid, pid_t pid);
	/*
	 * START, PAUSE, RESUME or END. Of an adopted ring the first three are answered as if the
	 * application did at once what it will do when it next enters its ring; END is not for it.
	 * -EPIPE: it is going away, exited will come.
	 */
	int (*command)(struct host *host, enum control_type type);
	int (*pidfd)(const struct host *host); /* borrowed; -1: there is none yet */
	pid_t (*pid)(const struct host *host);
	/*
	 * Interrupts its io_uring_enter, which is made again at once: its loop takes a step. Does
	 * nothing to an application.
	 */
	void (*kick)(struct host *host);
	/* SIGKILL, also to an application; exited will come. */
	void (*kill)(struct host *host);
	/*
	 * After exited: its socket goes, too, so nothing else of the ring may be left. Or before
	 * it, to forget the host without ending it: the daemon goes, the host stays.
	 */
	void (*host_free)(struct host *host);
	/*
	 * What earlier daemons have left. The caller frees the array. The two calls that follow go
	 * on with what was found last.
	 */
	int (*find)(struct hosts *hosts, struct host_found **ret, size_t *ret_n);
	/*
	 * Takes over the host of a ring: connects, asks for its state, and takes the region's memfd
	 * out of the process (*ret_region_fd, the caller's; -1 if it is not open there any more).
	 * Nothing that the process says is trusted: it is known by the kernel's word (user id of
	 * who listens, inode of the memfd). -ENOENT, -ECONNREFUSED: there is no such host (any
	 * more); -EPERM: it is somebody else's; -EAGAIN: it has not accepted anybody for long.
	 */
	int (*take_over)(struct hosts *hosts, const struct host_takeover *takeover,
			 const struct host_callbacks *callbacks, void *arg, int *ret_region_fd,
			 struct host **ret);
	/*
	 * Ends the hosts of these rings (never an application), and waits for their end, 2 seconds
	 * at most in all; their sockets stay. -ETIMEDOUT: some would not end.
	 */
	int (*orphans_end)(struct hosts *hosts, const char *const *names, size_t n);
	/* Removes the socket of a ring whose host is gone, once nothing else of it is left. */
	void (*remove_socket)(struct hosts *hosts, const char *name);
};

struct hosts {
	const struct hosts_ops *ops;
};

/*
 * @loop: borrowed. @program: path of iouring-host. @directory: for control sockets, made (0700) if
 * missing; -EPERM if it belongs to somebody else.
 */
int hosts_linux_new(struct ev_loop *loop, const char *program, const char *directory,
		    struct hosts **ret);

/* For a person: "registering the param region", ... */
const char *control_stage_text(enum control_stage stage);

#endif
