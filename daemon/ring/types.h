/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* types.h - requests for rings, their views and events, and the policy for them */
#ifndef RING_TYPES_H
#define RING_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "iourd/abi.h"
#include "util/user.h"

struct iourd_ledger;
struct json_object;
struct kern_dispatcher;
struct kern_program_info;
struct note;
struct parcel;
struct program;

struct manager_limits { /* of one user, or of all */
	uint64_t rings;
	uint64_t region_bytes;
	uint64_t entries; /* of submission queues */
};

enum ring_state {
	RING_CREATING,
	RING_CREATED, /* attached, not started */
	RING_RUNNING,
	RING_PAUSED,
	RING_STOPPED, /* the program returned stop */
	RING_FAILED,  /* io_uring_enter failed */
	RING_ENDING,  /* its host is exiting, or its pins are being removed */
};

enum event_kind {
	EVENT_CREATED,
	EVENT_STARTED,
	EVENT_PAUSED,
	EVENT_RESUMED,
	EVENT_SWAPPED,
	EVENT_ROLLED_BACK,
	EVENT_STOPPED,
	EVENT_FAILED, /* also, as its only event, of a ring that could not be made */
	EVENT_DESTROYED,
};

/* What readers call a ring (ring/title.h); borrowed, as the ring's view or event is. */
struct ring_title {
	uid_t space;	  /* the user among whose names it is; 0: also all declared rings */
	const char *name; /* there */
	const char *full; /* "UID/NAME" */
};

static inline const char *ring_title_for(const struct ring_title *title, uid_t reader)
{
	return title->space == reader ? title->name : title->full;
}

struct ring_origin_file { /* as it was when the ring was made */
	const char *slot;
	uint64_t device;
	uint64_t inode;
};

struct manager_event { /* texts are borrowed for the time of the call */
	enum event_kind kind;
	uint64_t number;      /* from 1, +1 for each event */
	uint64_t user_number; /* the same, of the user's own events; see events_last_of() */
	uint64_t time_us;     /* since the epoch */
	struct ring_title ring;
	const char *program;
	uid_t uid;
	uint64_t generation;
	const char *reason; /* or NULL */
	/* for the audit trail */
	const uint8_t *digest; /* SHA-256, of the program; NULL: not known */
	const char *cgroup;    /* of the ring's client; NULL: not known */
	pid_t client_pid;      /* 0: the daemon, or not known */
	bool adopted, persistent, declared;
	const struct ring_origin_file *files; /* of EVENT_CREATED */
	size_t n_files;
};

/* How a ring ended that had been announced by EVENT_CREATED. */
struct ring_end {
	const char *key; /* borrowed for the time of the call */
	bool declared;
	bool finished; /* it was destroyed by request, or its work was over */
};

/* Callbacks of the manager; each may be NULL. Texts are borrowed for the time of the call. */
struct manager_observer {
	void (*event)(void *arg, const struct manager_event *event);
	/*
	 * For each announced ring, after it was freed and the waiting requests were answered.
	 * Before that once more, if its process does not end and its name is given back.
	 */
	void (*ring_gone)(void *arg, const struct ring_end *end);
	/* The host of a restored ring has reported its state, or is gone: once for each of them. */
	void (*host_reported)(void *arg);
	void *arg;
};

struct ring_file {
	const char *slot;
	int fd; /* borrowed: duplicated if kept; or a number in the request's parcel */
};

struct ring_request {
	const char *program;
	const char *name; /* or NULL */
	const struct ring_file *files;
	size_t n_files;
	struct parcel **parcel; /* of the files, taken over with the request; NULL: descriptors */
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
	bool persistent; /* lives without a client: it has no lease */
	bool rollback;	 /* also when its program fails after probation */
	/* SHA-256 of its declaration: it is declared, and not subject to the policy; or NULL. */
	const uint8_t *declared;
	bool adopted; /* made and run by the caller: manager_ring_prepare sets it */
};

struct ring_waiting {	 /* of ring/waiting.h; texts are borrowed, as the view's */
	int place;	 /* enum host_wait; HOST_WAIT_NONE: the program counts requests in flight */
	uint64_t age_ns; /* since the last step: each request is as old at least */
	uint64_t requests;     /* that wait there */
	const char *operation; /* of all of them; NULL: several, or not known; so the next two */
	const char *slot;
	const char *function; /* of the kernel */
	const char *text;     /* a sentence; NULL: nothing waits */
};

struct ring_view { /* borrowed, until the next call into the manager */
	struct ring_title title;
	const struct kern_program_info *program;
	enum ring_state state;
	bool started;	    /* from the request to start on */
	const char *reason; /* or NULL */
	uid_t uid;
	uint64_t generation;
	bool adopted;
	bool persistent;
	bool rollback;
	bool on_probation;    /* its program is */
	const char *fallback; /* the program that a rollback restores; or NULL */
	bool declared;
	const uint8_t *declared_digest; /* SHA-256, of ring_request; all zero: not known */
	const char *note; /* what its declaration demands and needs a new ring; or NULL */
	pid_t pid;
	uint64_t created_us; /* since the epoch */
	uint64_t steps;
	uint64_t last_step_ns; /* CLOCK_MONOTONIC; 0: none yet */
	uint64_t region_size;
	uint64_t data_size;
	uint32_t sq_entries;
	uint32_t cq_entries;
	struct ring_waiting waiting;	/* of manager_ring_at and manager_ring_find */
	struct iourd_progress progress; /* a copy; the program writes it */
	const void *params; /* in the region, shared with others; NULL: it cannot be reached */
	int region_fd;	    /* borrowed */
	/* The client's end; borrowed, and only in manager_ring_create's done; -1: there is none. */
	int lease_fd;
};

typedef void (*ring_done)(void *arg, int r, const struct note *note, const struct ring_view *view);

struct ring_adoption {
	int ring_fd; /* numbers of descriptors in the caller's process */
	int region_fd;
	uint64_t region_address;
};

/* A ring of an earlier daemon. */
struct ring_restoration {
	const char *key;
	const struct iourd_ledger *ledger; /* a copy, with no swap pending */
	struct program *program;	   /* open; the ring holds it and the next two itself */
	struct program *origin;		   /* or NULL, as the next: it is not known any more */
	struct program *fallback;
	struct kern_dispatcher *dispatch; /* taken over by the ring, unless it fails */
};

#endif
