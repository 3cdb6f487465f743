/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manager.h - the domain: programs and rings, and what may be done with them
 *
 * Nothing here knows sockets, JSON framing, libev, libbpf or liburing; it reaches out through the
 * kernel port, the host port and the executor only, so all of it runs in unit tests. Everything is
 * called on, and calls back on, the event loop.
 *
 * Requests that need slow work end by calling their `done` exactly once, never from within the
 * request itself when that returned 0. A request that returns a fault or -errno calls no done.
 */
#ifndef DAEMON_RING_MANAGER_H
#define DAEMON_RING_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/host.h"
#include "kern/kern.h"
#include "util/clock.h"
#include "util/job.h"
#include "wire/fault.h"

struct manager;
struct ring;
struct users;
struct program;
struct json_object;
struct manager_event;

/* Who asks. Borrowed for the time of the call; what must last is copied. */
struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	const gid_t *groups; /* supplementary */
	size_t n_groups;
};

struct manager_limits { /* of one user */
	uint64_t rings;
	uint64_t region_bytes;
	uint64_t entries; /* of submission queues */
};

enum manager_who { /* who may do something */
		   WHO_ROOT,
		   WHO_ALL,
		   WHO_NONE,
};

struct manager_policy {
	enum manager_who persistent; /* rings that live without a client */
	enum manager_who adopted;    /* rings that their applications make and run themselves */
	unsigned int probation_ms;   /* how long a program is on probation (ring/probation.h) */
};

struct manager_setup {
	struct kern *kern; /* borrowed, as are the next three */
	struct hosts *hosts;
	struct executor *executor;
	struct clock_port *clock;
	const char *program_directory; /* of shipped programs; NULL: none */
	const char *store_directory;   /* for copies of those that rings run; NULL: none */
	struct manager_limits limits;
	struct manager_policy policy;
	struct users *users; /* borrowed; NULL: no ring can be declared */
	/* Told of every event; may be NULL. */
	void (*event)(void *arg, const struct manager_event *event);
	void *event_arg;
};

enum ring_state {
	RING_CREATING,
	RING_CREATED, /* attached, not started */
	RING_RUNNING,
	RING_PAUSED,
	RING_STOPPED, /* the program said that it is finished */
	RING_FAILED,  /* io_uring_enter failed */
	RING_ENDING,  /* its host is going, or gone and being cleaned up */
};

enum event_kind {
	EVENT_CREATED,
	EVENT_STARTED,
	EVENT_PAUSED,
	EVENT_RESUMED,
	EVENT_SWAPPED,
	EVENT_ROLLED_BACK,
	EVENT_STOPPED,
	EVENT_FAILED, /* also of a ring that could not be made: no other event of it comes then */
	EVENT_DESTROYED,
};

struct manager_event { /* texts are borrowed for the time of the call */
	enum event_kind kind;
	uint64_t number;  /* from 1, +1 for each event */
	uint64_t time_us; /* since the epoch */
	const char *ring;
	const char *program;
	uid_t uid;
	uint64_t generation;
	const char *reason; /* or NULL */
};

/*
 * Begins to open the programs, and to take over what an earlier daemon has left (ring/takeover.h):
 * only in the one daemon that there is.
 */
int manager_new(const struct manager_setup *setup, struct manager **ret);
/*
 * @ready when the shipped programs have been opened, the rings of an earlier daemon taken over (at
 * once, from within, if that is so): only then there is something to serve. Once, after
 * manager_new.
 */
void manager_await_ready(struct manager *manager, void (*ready)(void *arg), void *arg);
/*
 * Leaves all rings to the next daemon, but for those that are being made, which it ends; @done when
 * that is so and no job is under way (at once, from within, if there is nothing to do). Requests
 * made after it fail with -ESHUTDOWN.
 */
void manager_stop(struct manager *manager, void (*done)(void *arg), void *arg);
/* Only after manager_stop's done; NULL is fine. */
void manager_free(struct manager *manager);

/* The number of the last event, of this daemon or an earlier one; 0: there was none. */
uint64_t manager_last_event(const struct manager *manager);

/* ---- programs ---- */

enum program_state { PROGRAM_AVAILABLE, PROGRAM_LOADING, PROGRAM_LOADED, PROGRAM_REJECTED };

/* Borrowed, until the next call into the manager. */
struct program_view {
	const struct kern_program_info *info; /* NULL: being opened (LOADING), or that failed */
	const char *name;
	enum program_state state;
	const char *reason; /* or NULL */
	bool shipped;
	size_t rings;
};

size_t manager_program_count(const struct manager *manager);
void manager_program_at(const struct manager *manager, size_t index, struct program_view *ret);
int manager_program_find(const struct manager *manager, const char *name, struct note *note,
			 struct program_view *ret);

/* @view: NULL unless r is 0. @note: filled if r > 0. Both borrowed. */
typedef void (*program_done)(void *arg, int r, const struct note *note,
			     const struct program_view *view);
/* The object's content is copied; @object_fd stays the caller's. Root only. */
int manager_program_load(struct manager *manager, const struct peer *peer, int object_fd,
			 bool check_only, program_done done, void *arg, struct note *note);
/*
 * Takes it off the list (a shipped one is there again when the daemon starts anew).
 * FAULT_RING_BUSY if a ring runs it. Root only.
 */
int manager_program_unload(struct manager *manager, const struct peer *peer, const char *name,
			   struct note *note);

/* ---- rings ---- */

struct ring_file {
	const char *slot;
	int fd; /* borrowed: duplicated if kept */
};

struct ring_request {
	const char *program;
	const char *name; /* or NULL */
	const struct ring_file *files;
	size_t n_files;
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
	bool persistent; /* lives without a client: it has no lease */
	bool rollback;	 /* also when its program fails after probation */
	/* Of the domain only: it is declared, with this digest, so policy is not asked; or NULL. */
	const uint8_t *declared;
	bool adopted; /* made and run by the caller: manager_ring_prepare sets it */
};

struct ring_view { /* borrowed, until the next call into the manager */
	const char *name;
	const struct kern_program_info *program;
	enum ring_state state;
	const char *reason; /* or NULL */
	uid_t uid;
	uint64_t generation;
	bool adopted;
	bool persistent;
	bool rollback;
	bool on_probation; /* its program is */
	const char *good;  /* the program that a rollback puts back; or NULL */
	bool declared;
	const char *note; /* what its declaration asks for and needs a new ring; or NULL */
	pid_t pid;
	uint64_t created_us; /* since the epoch */
	uint64_t steps;
	uint64_t last_step_ns; /* CLOCK_MONOTONIC; 0: none yet */
	uint64_t region_size;
	uint64_t data_size;
	uint32_t sq_entries;
	uint32_t cq_entries;
	struct iourd_progress progress; /* a copy: what the program says */
	int region_fd;			/* borrowed */
	/* The client's end; borrowed, and only in manager_ring_create's done; -1: there is none. */
	int lease_fd;
};

typedef void (*ring_done)(void *arg, int r, const struct note *note, const struct ring_view *view);

/*
 * FAULT_QUOTA_EXCEEDED names a limit of GetStatus, or "lockedMemory" (bytes) if the kernel would
 * not lock the region for that user. What only the environment failed is told as an EVENT_FAILED,
 * too.
 */
int manager_ring_create(struct manager *manager, const struct peer *peer,
			const struct ring_request *request, ring_done done, void *arg,
			struct note *note);
/*
 * The same for a ring that the caller makes and runs itself; done when it can be adopted, which it
 * must be within seconds. The view's lease is the socket that the caller has to listen on.
 */
int manager_ring_prepare(struct manager *manager, const struct peer *peer,
			 const struct ring_request *request, ring_done done, void *arg,
			 struct note *note);

struct ring_adoption {
	int ring_fd; /* numbers of descriptors in the caller's process */
	int region_fd;
	uint64_t region_address;
};

/* With FAULT_INVALID_PARAMETER in @done the ring has ended: it has to be prepared again. */
int manager_ring_adopt(struct manager *manager, const struct peer *peer, const char *name,
		       const struct ring_adoption *adoption, ring_done done, void *arg,
		       struct note *note);
/*
 * io_uring_enter of an adopted ring came back with @result. *ret_pending: @done will be called,
 * when it is known what follows; else it is known already, and @done is not called.
 */
int manager_ring_report(struct manager *manager, const struct peer *peer, const char *name,
			int result, ring_done done, void *arg, struct note *note,
			bool *ret_pending);
int manager_ring_start(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note);
int manager_ring_pause(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note);
int manager_ring_resume(struct manager *manager, const struct peer *peer, const char *name,
			ring_done done, void *arg, struct note *note);
/* done when host, pins and everything are gone; its view is NULL. */
int manager_ring_destroy(struct manager *manager, const struct peer *peer, const char *name,
			 ring_done done, void *arg, struct note *note);
/* @expected_generation 0: any. */
int manager_ring_swap(struct manager *manager, const struct peer *peer, const char *name,
		      const char *program, uint64_t expected_generation, ring_done done, void *arg,
		      struct note *note);

/*
 * Puts back the program that ran well before the present one. FAULT_RING_BUSY if there is none.
 * @expected_generation 0: any.
 */
int manager_ring_rollback(struct manager *manager, const struct peer *peer, const char *name,
			  uint64_t expected_generation, ring_done done, void *arg,
			  struct note *note);

/* Rings that @peer may see; @index counts those only. */
size_t manager_ring_count(const struct manager *manager, const struct peer *peer);
void manager_ring_at(const struct manager *manager, const struct peer *peer, size_t index,
		     struct ring_view *ret);
int manager_ring_find(const struct manager *manager, const struct peer *peer, const char *name,
		      struct note *note, struct ring_view *ret);
/* May @uid see events of a ring of @owner? */
bool manager_may_see(uid_t uid, uid_t owner);

int manager_parameters_read(const struct manager *manager, const struct peer *peer,
			    const char *name, const char *const *fields, size_t n_fields,
			    struct note *note, struct json_object **ret, uint64_t *ret_generation);
int manager_parameters_write(struct manager *manager, const struct peer *peer, const char *name,
			     struct json_object *parameters, struct note *note);

/* ---- declared rings ---- */

struct declared_file {
	char *slot;
	char *path;
	int access; /* O_RDONLY, O_WRONLY or O_RDWR; -1: as the slot says */
};

/* A ring that the administrator wants to be there. Borrowed for the time of the call. */
struct declaration {
	const char *name;    /* NULL: only @problem, of the place where the declarations are */
	const char *file;    /* where it stands */
	const char *problem; /* why it is not understood; or NULL: then all that follows counts */
	const char *program;
	const char *user; /* name, or number as text */
	const struct declared_file *files;
	size_t n_files;
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
	bool rollback;
	bool start;
};

/*
 * These are all declarations, from now on: rings that are missing are made, others changed as far
 * as that goes. Those that are declared no more stay, but as any other persistent ring. Until the
 * next call they are kept as they are: made again when they end, unless that was asked for.
 * @done when each was tried once (at once, from within, if nothing is to be waited for). -ENOMEM,
 * -ESHUTDOWN: nothing has changed.
 */
int manager_declare(struct manager *manager, const struct declaration *declarations, size_t n,
		    void (*done)(void *arg), void *arg);

/* What is wrong with declarations. */
struct problem_view { /* borrowed, until the next call into the manager */
	const char *file;
	const char *text;
};
size_t manager_problem_count(const struct manager *manager);
void manager_problem_at(const struct manager *manager, size_t index, struct problem_view *ret);

#endif
