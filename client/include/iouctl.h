/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouctl.h - use BPF-controlled io_uring rings managed by iouringd
 *
 * An application connects to the daemon, creates a ring with one of the approved loop programs,
 * passes the files, and shares a *param region* with the program. From then on it reads progress,
 * rings the doorbell and waits in that memory. No request passes through the daemon.
 *
 * Errors. Functions that return int return 0 on success or a negative errno. -EREMOTEIO means that
 * the daemon refused the call; iouctl_error_name() and iouctl_error_message() of the connection
 * describe its error. -EPROTO: the daemon's reply is invalid. Outputs (ret_…) are untouched on
 * failure. Calls to the daemon wait for its reply without a time limit, unless
 * iouctl_set_timeout() sets one, and continue after signals.
 *
 * Restarts of the daemon. A call whose connection was lost connects again. If systemd listens on
 * the socket, the call waits for the new daemon. If the connection is lost while a call waits for
 * its reply, a call that only reads is repeated once; a call that changes something fails with
 * -ECONNRESET, and may or may not have taken effect. Rings and the data path are not affected.
 *
 * Ownership. The caller owns what a function stores in a ret_… pointer, and frees it with the
 * function named there. All free functions accept NULL. Texts that a function *returns* belong to
 * the object that they came from.
 *
 * Threads. Only one thread at a time may use a connection. Any number of threads may use the
 * functions marked "data path" at the same time. A ring survives the loss of its connection. Free
 * it before its connection, and after all threads have stopped using it.
 */
#ifndef IOUCTL_H
#define IOUCTL_H

#include <stddef.h>
#include <stdint.h>

#include <iourd/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iouctl;	    /* a connection to the daemon */
struct iouctl_ring; /* a ring that was created, adopted or opened */

/* ---- connection ---- */

/*
 * Connects to the daemon's socket at @path. NULL: the path in $IOURINGD_SOCKET, or
 * /run/iouringd/org.iouringd.Manager if it is not set. -ENOENT or -ECONNREFUSED: no daemon listens
 * there.
 */
int iouctl_connect(const char *path, struct iouctl **ret);
struct iouctl *iouctl_free(struct iouctl *c); /* returns NULL */
/*
 * Limits how long each later call waits for the daemon, in milliseconds; -1, the default: no limit.
 * A call that exceeds the limit fails with -ETIMEDOUT; as with -ECONNRESET, it may or may not have
 * taken effect, and the next call connects again. Since 0.2.0.
 */
void iouctl_set_timeout(struct iouctl *c, int timeout_ms);

/* "org.iouringd.Manager.RingNotFound"; NULL unless the daemon refused the last call. */
const char *iouctl_error_name(const struct iouctl *c);
/* One line of text that describes the last error. Never NULL. */
const char *iouctl_error_message(const struct iouctl *c);
/* The parameters of the daemon's error as JSON text; NULL as for the name. */
const char *iouctl_error_parameters(const struct iouctl *c);

/*
 * Calls any method. @method: its full name; without an interface ("GetStatus"), a method of
 * org.iouringd.Manager. @parameters: a JSON object as text, or NULL. @fds: descriptors to send,
 * borrowed. *ret_reply: the reply's parameters as JSON text; free() it. *ret_fds: an array of
 * *ret_n_fds descriptors; close() each and free() the array. If ret_fds is NULL, descriptors that
 * arrive are closed.
 */
int iouctl_call(struct iouctl *c, const char *method, const char *parameters, const int *fds,
		size_t n_fds, char **ret_reply, int **ret_fds, size_t *ret_n_fds);

/* ---- rings ---- */

struct iouctl_file {
	const char *slot; /* the name of a slot of the program, such as "source" */
	int fd;		  /* borrowed; must be open for the access that the slot requires */
};

struct iouctl_ring_options {
	size_t size; /* sizeof(struct iouctl_ring_options), because later versions add members */
	const char *program;
	const char *name; /* NULL: the daemon chooses one */
	const struct iouctl_file *files;
	size_t n_files;
	const char *parameters; /* a JSON object as text ("{\"depth\":16}"), or NULL */
	uint64_t data_bytes;	/* size of the data area; 0: the program's default */
	/* since 0.2.0 */
	int persistent; /* not 0: the ring exists until it is destroyed, independent of this process
			 */
	int rollback;	/* not 0: roll back a program that fails, also after its probation */
};

/*
 * Creates a ring and maps its region. The ring is not started. It ends when it is destroyed and,
 * unless it is persistent, when the last copy of its lease is closed: iouctl_ring_free() closes
 * this process's, and child processes may inherit copies. The daemon's configuration determines
 * which users may have persistent rings.
 */
int iouctl_ring_create(struct iouctl *c, const struct iouctl_ring_options *options,
		       struct iouctl_ring **ret);
/*
 * Like iouctl_ring_create(), but makes the io_uring in this process; the daemon attaches the
 * program to it. The ring has no host: this process runs it with its own credentials, by
 * iouctl_ring_run(). It ends when it is freed or destroyed, and with this process.
 * options->persistent must be 0. Since 0.2.0.
 */
int iouctl_ring_adopt(struct iouctl *c, const struct iouctl_ring_options *options,
		      struct iouctl_ring **ret);
/*
 * Runs an adopted ring on the calling thread until its work is over: 0, or the work's negative
 * errno. Always call it on the same thread. It starts the ring if necessary, and waits while the
 * ring is paused. -EINTR: a signal arrived; call again to continue. -EOWNERDEAD: the ring was
 * ended. Other errors: the ring cannot be run, or its program failed and was not replaced. Since
 * 0.2.0.
 */
int iouctl_ring_run(struct iouctl_ring *ring);
/* Opens an existing ring and maps its region. Freeing it does not end the ring. */
int iouctl_ring_open(struct iouctl *c, const char *name, struct iouctl_ring **ret);
/*
 * Unmaps the region and closes the lease. This ends a ring that was created here, unless it is
 * persistent or another process holds a copy of the lease, and an adopted one. Returns NULL.
 */
struct iouctl_ring *iouctl_ring_free(struct iouctl_ring *ring);

const char *iouctl_ring_name(const struct iouctl_ring *ring);

int iouctl_ring_start(struct iouctl_ring *ring);
int iouctl_ring_pause(struct iouctl_ring *ring);
int iouctl_ring_resume(struct iouctl_ring *ring);
/*
 * Ends the ring at once, and returns when it is gone and its data area is empty. Call
 * iouctl_ring_free() afterwards: until then the ring counts towards the user's limits.
 */
int iouctl_ring_destroy(struct iouctl_ring *ring);
/*
 * Replaces the ring's program. @expected_generation: the daemon refuses the call if the ring's
 * generation differs (see iouctl_ring_head()->life.generation); 0: any. *ret_generation: the new
 * generation; ret_generation may be NULL.
 */
int iouctl_ring_swap(struct iouctl_ring *ring, const char *program, uint64_t expected_generation,
		     uint64_t *ret_generation);
/*
 * Set and read parameters by name, as the text of a JSON object, through the daemon, which knows
 * their types.
 */
int iouctl_ring_set(struct iouctl_ring *ring, const char *parameters);
int iouctl_ring_get(struct iouctl_ring *ring, char **ret_parameters); /* free() */

/* ---- the region: data path, without the daemon ---- */

/* The region's head, valid until iouctl_ring_free(). The application may write ->control only. */
struct iourd_head *iouctl_ring_head(const struct iouctl_ring *ring);
/* The program's parameter struct (iourd/prog/….h) of *ret_size bytes; ret_size may be NULL. */
void *iouctl_ring_params(const struct iouctl_ring *ring, size_t *ret_size);
/*
 * The data area of *ret_size bytes; NULL if the ring has none. ret_size may be NULL. It contains
 * zeros once the ring has ended.
 */
void *iouctl_ring_data(const struct iouctl_ring *ring, size_t *ret_size);
/*
 * The lease, for poll(): readable or hung up when the ring is gone. -1 if the ring was opened or
 * adopted, or is persistent.
 */
int iouctl_ring_lease_fd(const struct iouctl_ring *ring);

struct iouctl_progress {
	uint32_t ring_state; /* IOURD_RING_* */
	uint32_t state;	     /* IOURD_WORK_* */
	int error;	/* positive errno of the work, or if it has none, of the ring; 0: none */
	uint64_t done;	/* in the program's unit */
	uint64_t total; /* in the same unit; 0: unknown */
	uint64_t error_offset; /* bytes; IOURD_NO_OFFSET: the error concerns the file as a whole */
	uint32_t error_op;     /* IORING_OP_* */
	uint32_t error_slot;   /* IOURD_SLOTS_MAX: none */
	uint64_t generation;
	uint64_t contiguous; /* done from the start without a gap, in the same unit; 0: unknown */
};
/* Reads the progress that the program and the daemon have stored in the region. */
void iouctl_ring_progress(const struct iouctl_ring *ring, struct iouctl_progress *ret);

/*
 * Waits until the work is done, stopped or failed, or the ring is stopped, failed or ended: 0.
 * Otherwise -ETIMEDOUT after @timeout_ms milliseconds (-1: no limit), -EINTR on a signal, or
 * -EOWNERDEAD if the ring's host is gone and the daemon has stored none of these states within a
 * second, or within @timeout_ms if that is shorter.
 */
int iouctl_ring_wait(const struct iouctl_ring *ring, int timeout_ms);
/* Wakes the program so that it looks for new requests or parameters. */
int iouctl_ring_doorbell(const struct iouctl_ring *ring);
/* Asks the program to finish the requests in flight and stop. Wait with iouctl_ring_wait(). */
int iouctl_ring_stop(const struct iouctl_ring *ring);

/* ---- requests to a ring that runs "chase" (iourd/prog/chase.h): data path ---- */

struct iouctl_chase_result {
	uint64_t offset; /* of the last block that was read, in bytes */
	uint64_t value;	 /* of that block */
	uint64_t hops;
};
/*
 * Posts a request to follow at most @hop_limit (1 or more) next-offsets from @start, an offset in
 * bytes in the file of the slot "file". *ret_ticket identifies the request. -EAGAIN: no entry of
 * the table is free; -EOWNERDEAD: the ring has stopped or is gone; -EOPNOTSUPP: the ring's
 * parameters are not those of chase.
 */
int iouctl_chase_post(const struct iouctl_ring *ring, uint64_t start, uint64_t hop_limit,
		      uint32_t *ret_ticket);
/*
 * Waits for a posted request and takes its result. Await every ticket once. -ETIMEDOUT and -EINTR:
 * the request is still posted; -EOWNERDEAD: the ring stopped or ended before it completed the
 * request; -EPROTO: another process has overwritten the entry; otherwise the request's own error
 * (-ERANGE: a next-offset is outside the file).
 */
int iouctl_chase_await(const struct iouctl_ring *ring, uint32_t ticket, int timeout_ms,
		       struct iouctl_chase_result *ret);

/* ---- events ---- */

struct iouctl_watch;

struct iouctl_event { /* valid until the callback returns; absent texts are NULL */
	/*
	 * created, started, paused, resumed, swapped, rolledBack, stopped, failed, destroyed, or
	 * lost: events were missed because the watch was too slow or (since 0.2.0) the connection
	 * was lost
	 */
	const char *kind;
	uint64_t number;  /* +1 with each event that the user may see, across restarts */
	uint64_t time_us; /* since the epoch */
	const char *ring;
	const char *program;
	const char *reason;
	uint64_t generation;
	/*
	 * For kind "lost": the maximum number of missed events; 0: none, or unknown, as the reason
	 * states. After a reconnection it includes events of rings that this watch does not report.
	 */
	uint64_t lost;
	const char *json; /* the whole event as JSON text */
};

/*
 * Subscribes to events over a separate connection. @path: as for iouctl_connect(). @ring: the ring
 * whose events to receive; NULL: all. From its return on, every event is delivered, or a "lost"
 * event in its place.
 */
int iouctl_watch_new(const char *path, const char *ring, struct iouctl_watch **ret);
struct iouctl_watch *iouctl_watch_free(struct iouctl_watch *w); /* returns NULL */
/* Poll this descriptor for reading, then call iouctl_watch_dispatch(). It never changes. */
int iouctl_watch_get_fd(const struct iouctl_watch *w);
/*
 * Reads all available events without blocking, and calls @event for each. 0: success; -EREMOTEIO:
 * the daemon refused the subscription (iouctl_watch_error_message()); -EPROTO: an event is invalid.
 * The loss of the connection is not an error (before 0.2.0 it was -ECONNRESET): the watch connects
 * again, at intervals of 50 ms to 5 s, and the first event after that is "lost".
 */
int iouctl_watch_dispatch(struct iouctl_watch *w,
			  void (*event)(void *arg, const struct iouctl_event *event), void *arg);
const char *iouctl_watch_error_message(const struct iouctl_watch *w);

/* The version of the library, "0.2.0". */
const char *iouctl_version(void);

#ifdef __cplusplus
}
#endif

#endif
