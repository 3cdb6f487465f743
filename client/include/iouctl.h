/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouctl.h - use BPF-controlled io_uring rings that iouringd owns
 *
 * An application connects to the daemon, asks for a ring with one of the approved loop programs,
 * passes the files, and shares a *param region* with the program. From then on it reads progress,
 * rings the doorbell and waits in that memory: no request passes through the daemon any more.
 *
 * Errors. Functions that return int return 0 when done, or a negative errno. -EREMOTEIO means that
 * the daemon said no: iouctl_error_name() and iouctl_error_message() of the connection tell what.
 * Outputs (ret_…) are untouched on failure. Calls to the daemon wait for its answer without a
 * time limit (iouctl_set_timeout()), signals or not; -EPROTO: its answer is not understood.
 *
 * Restarts of the daemon. A call whose connection was lost connects again, and waits for the next
 * daemon where systemd listens for it. If the connection is lost while the call waits for its
 * answer, a call that only reads is repeated once; one that changes something is -ECONNRESET:
 * whether the daemon did what it was asked is not known. Rings and the data path do not notice.
 *
 * Ownership. What a function stores in a ret_… pointer is the caller's, to be freed with the
 * function named there; all free functions take NULL. Texts that a function *returns* belong to
 * the object they came from.
 *
 * Threads. A connection is for one thread at a time. The region functions (iouctl_ring_head() and
 * all that say "data path") may be used by any number of threads at once. A ring outlives its
 * connection's loss; it must be freed before its connection, and when no thread uses it any more.
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
struct iouctl_ring; /* a ring that was created or opened */

/* ---- connection ---- */

/*
 * Connects. @path: of the daemon's socket, or NULL for $IOURINGD_SOCKET, or if that is not set
 * /run/iouringd/org.iouringd.Manager. -ENOENT or -ECONNREFUSED: no daemon listens there.
 */
int iouctl_connect(const char *path, struct iouctl **ret);
struct iouctl *iouctl_free(struct iouctl *c); /* returns NULL */
/*
 * How long each later call waits for the daemon at the most, in milliseconds; -1 (so it is at
 * first): for ever. A call that has waited so long is -ETIMEDOUT; as with -ECONNRESET, what came of
 * it is not known, and the next call connects again. Since 0.2.0.
 */
void iouctl_set_timeout(struct iouctl *c, int timeout_ms);

/* "org.iouringd.Manager.RingNotFound"; NULL if the last call was not refused by the daemon. */
const char *iouctl_error_name(const struct iouctl *c);
/* One line for a person. Never NULL. */
const char *iouctl_error_message(const struct iouctl *c);
/* The error's parameters as JSON text; NULL as for the name. */
const char *iouctl_error_parameters(const struct iouctl *c);

/*
 * Calls any method: @method with its interface, or without ("GetStatus") for
 * org.iouringd.Manager. @parameters: a JSON object as text, or NULL. @fds: sent along, borrowed.
 * *ret_reply: the answer's parameters as JSON text, free(). *ret_fds (may be NULL: descriptors are
 * closed): an array of *ret_n_fds descriptors; the caller closes each and frees the array.
 */
int iouctl_call(struct iouctl *c, const char *method, const char *parameters, const int *fds,
		size_t n_fds, char **ret_reply, int **ret_fds, size_t *ret_n_fds);

/* ---- rings ---- */

struct iouctl_file {
	const char *slot; /* a slot's name in the program's descriptor: "source" */
	int fd;		  /* borrowed; it needs the access that the slot asks for */
};

struct iouctl_ring_options {
	size_t size; /* sizeof(struct iouctl_ring_options): later versions add members */
	const char *program;
	const char *name; /* or NULL: the daemon makes one */
	const struct iouctl_file *files;
	size_t n_files;
	const char *parameters; /* a JSON object as text ("{\"depth\":16}"), or NULL */
	uint64_t data_bytes;	/* of the data area; 0: what the program needs */
	/* since 0.2.0 */
	int persistent; /* not 0: it lives on without this process, until it is destroyed */
	int rollback;	/* not 0: a program that fails is replaced by the one before, at any time */
};

/*
 * Makes a ring and maps its region. The ring is not started. It ends when it is destroyed, and,
 * unless it is persistent, when the last process that holds its lease (this one, and those that
 * inherit it) is gone. The daemon's policy says who may have persistent rings.
 */
int iouctl_ring_create(struct iouctl *c, const struct iouctl_ring_options *options,
		       struct iouctl_ring **ret);
/*
 * Since 0.2.0. As iouctl_ring_create(), but the ring is this process's own: an io_uring that it
 * makes here, and the daemon attaches the program to. There is no host; this process runs it, with
 * its own credentials: iouctl_ring_run(). It ends when it is freed, and with this process.
 * options->persistent must be 0.
 */
int iouctl_ring_adopt(struct iouctl *c, const struct iouctl_ring_options *options,
		      struct iouctl_ring **ret);
/*
 * Since 0.2.0. Runs an adopted ring on the calling thread, always the same one, until its work is
 * over: 0, or the work's negative errno. It starts the ring if that was not done, and waits while
 * it is paused. -EINTR: a signal came; call again to go on. -EOWNERDEAD: the ring was ended. Other
 * errors: why it could not be run, or its program failed and could not be replaced.
 */
int iouctl_ring_run(struct iouctl_ring *ring);
/* Maps the region of a ring that is there already; freeing it does not end the ring. */
int iouctl_ring_open(struct iouctl *c, const char *name, struct iouctl_ring **ret);
/*
 * Unmaps the region and closes the lease; so a ring that was created here, and is not persistent,
 * ends. Returns NULL.
 */
struct iouctl_ring *iouctl_ring_free(struct iouctl_ring *ring);

const char *iouctl_ring_name(const struct iouctl_ring *ring);

int iouctl_ring_start(struct iouctl_ring *ring);
int iouctl_ring_pause(struct iouctl_ring *ring);
int iouctl_ring_resume(struct iouctl_ring *ring);
/* Ends the ring at once, and returns when it is gone. Free the ring after it. */
int iouctl_ring_destroy(struct iouctl_ring *ring);
/*
 * Swaps the program of the running ring. @expected_generation: refuse if the ring has been swapped
 * since (see iouctl_ring_head()->life.generation); 0: any. ret_generation may be NULL.
 */
int iouctl_ring_swap(struct iouctl_ring *ring, const char *program, uint64_t expected_generation,
		     uint64_t *ret_generation);
/* Parameters by name, as JSON text; through the daemon, which knows their types. */
int iouctl_ring_set(struct iouctl_ring *ring, const char *parameters);
int iouctl_ring_get(struct iouctl_ring *ring, char **ret_parameters); /* free() */

/* ---- the region: data path, no daemon ---- */

/* The region's head. The application writes ->control only. Valid until iouctl_ring_free(). */
struct iourd_head *iouctl_ring_head(const struct iouctl_ring *ring);
/* The program's parameter struct (iourd/prog/….h), *ret_size bytes; ret_size may be NULL. */
void *iouctl_ring_params(const struct iouctl_ring *ring, size_t *ret_size);
/* The data area; NULL if the ring has none. */
void *iouctl_ring_data(const struct iouctl_ring *ring, size_t *ret_size);
/*
 * Readable, or hung up, when the ring is gone; for poll(). -1 for a ring that was opened, or
 * adopted, or is persistent.
 */
int iouctl_ring_lease_fd(const struct iouctl_ring *ring);

struct iouctl_progress {
	uint32_t ring_state;   /* IOURD_RING_* */
	uint32_t state;	       /* IOURD_WORK_* */
	int error;	       /* positive errno of the work, or else of the ring; 0 */
	uint64_t done;	       /* in the program's unit */
	uint64_t total;	       /* the same; 0: not known */
	uint64_t error_offset; /* bytes */
	uint32_t error_op;     /* IORING_OP_* */
	uint32_t error_slot;   /* IOURD_SLOTS_MAX: none */
	uint64_t generation;
};
/* A snapshot of what program and daemon say. */
void iouctl_ring_progress(const struct iouctl_ring *ring, struct iouctl_progress *ret);

/*
 * Waits until the work is done, stopped or failed, or the ring has ended: 0. Otherwise
 * -ETIMEDOUT after @timeout_ms milliseconds (-1: never), -EINTR on a signal, -EOWNERDEAD if the
 * ring is gone and left no last word.
 */
int iouctl_ring_wait(const struct iouctl_ring *ring, int timeout_ms);
/* Tells the program that there is something new to see. */
int iouctl_ring_doorbell(const struct iouctl_ring *ring);
/* Asks the program to finish what is in flight and stop; wait with iouctl_ring_wait(). */
int iouctl_ring_stop(const struct iouctl_ring *ring);

/* ---- requests to a ring that runs "chase" (iourd/prog/chase.h): data path ---- */

struct iouctl_chase_result {
	uint64_t offset; /* bytes: of the last block that was read */
	uint64_t value;	 /* of that block */
	uint64_t hops;
};
/*
 * Posts a request: follow at most @hop_limit (1 or more) next-offsets from @start, an offset in
 * bytes in the slot "file". *ret_ticket names it. -EAGAIN: no free place in the table was found;
 * -EOWNERDEAD: the ring has stopped or is gone; -EOPNOTSUPP: it does not run chase.
 */
int iouctl_chase_post(const struct iouctl_ring *ring, uint64_t start, uint64_t hop_limit,
		      uint32_t *ret_ticket);
/*
 * Waits for a posted request and takes its result; every ticket must be awaited once.
 * -ETIMEDOUT and -EINTR: it is still posted; -EOWNERDEAD: the ring stopped or died before it
 * answered; otherwise the request's own error, as a negative errno (-ERANGE: a next-offset outside
 * the file).
 */
int iouctl_chase_await(const struct iouctl_ring *ring, uint32_t ticket, int timeout_ms,
		       struct iouctl_chase_result *ret);

/* ---- events ---- */

struct iouctl_watch;

struct iouctl_event { /* valid until the callback returns; texts are NULL if absent */
	/*
	 * created, started, paused, resumed, swapped, rolledBack, stopped, failed, destroyed; or
	 * lost: events were missed, since the watch was too slow, or (since 0.2.0) the daemon was
	 * restarted
	 */
	const char *kind;
	uint64_t number;  /* rising by one with each event of the daemon, and of the next one */
	uint64_t time_us; /* since the epoch */
	const char *ring;
	const char *program;
	const char *reason;
	uint64_t generation;
	/*
	 * Only with kind "lost": how many, at the most; 0: none, or not known (reason says which).
	 * After a restart, events that this watch would not have been told of are among them.
	 */
	uint64_t lost;
	const char *json; /* the whole event as JSON text */
};

/*
 * Watches over a connection of its own. @path as for iouctl_connect(). @ring: only this one's
 * events, or NULL. When it returns 0, all later events will be seen, or a "lost" one instead.
 */
int iouctl_watch_new(const char *path, const char *ring, struct iouctl_watch **ret);
struct iouctl_watch *iouctl_watch_free(struct iouctl_watch *w); /* returns NULL */
/* For any event loop: poll it for reading, then dispatch. It stays the same. */
int iouctl_watch_get_fd(const struct iouctl_watch *w);
/*
 * Reads what is there, without blocking, and calls @event for each event. 0: fine; -EREMOTEIO:
 * the daemon refused (iouctl_watch_error_message()); -EPROTO: it is not understood. If the
 * connection is lost, that is no error (since 0.2.0; it was -ECONNRESET): the watch connects again,
 * waiting 50 ms to 5 s between its tries, and the first event after that is a "lost" one.
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
