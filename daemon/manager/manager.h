/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manager.h - the domain: programs and rings, and the requests for them
 *
 * The domain uses the kernel port, the host port, the executor, the clock and the port of last
 * uses, and no sockets, JSON framing, libev, libbpf or liburing, so all of it runs in unit tests.
 * All functions are called, and call back, on the event loop.
 *
 * A request that needs slow work returns 0 and calls its `done` exactly once, later. A request that
 * returns a fault or -errno does not call it.
 */
#ifndef DAEMON_MANAGER_MANAGER_H
#define DAEMON_MANAGER_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/names.h"
#include "host/host.h"
#include "kern/kern.h"
#include "policy/policy.h"
#include "program/types.h"
#include "ring/quota.h"
#include "ring/types.h"
#include "util/clock.h"
#include "util/job.h"
#include "util/last-use.h"
#include "util/sha256.h"
#include "wire/fault.h"

struct manager;
struct json_object;
struct program;

struct manager_setup {
	struct kern *kern; /* borrowed, as are the next four */
	struct hosts *hosts;
	struct executor *executor;
	struct clock_port *clock;
	struct last_use_port *last_use;
	const char *program_directory; /* of shipped programs; NULL: none */
	const char *store_directory;   /* for copies of programs (program/store.h); NULL: none */
	struct policies *policies;     /* borrowed; what they hold may be exchanged */
	unsigned int probation_ms;     /* how long a program is on probation (ring/probation.h) */
	struct quota_caps caps;
	struct manager_observer observer;
};

/* Begins to open the programs. */
int manager_new(const struct manager_setup *setup, struct manager **ret);
/*
 * @ready when no program is being opened or loaded (at once, from within, if that is so). Until it
 * is called, no other may wait.
 */
void manager_await_ready(struct manager *manager, void (*ready)(void *arg), void *arg);
/*
 * Leaves all rings to the next daemon, except those that are being made, which it ends. @done when
 * no ring is left and no job is under way (at once, from within, if that is so). Later requests
 * fail with -ESHUTDOWN.
 */
void manager_stop(struct manager *manager, void (*done)(void *arg), void *arg);
/* After manager_stop has called its done. NULL is fine. */
void manager_free(struct manager *manager);

/* 0, or why rings cannot be made: -ESHUTDOWN, FAULT_KERNEL_LACKS. */
int manager_usable(const struct manager *manager, struct note *note);
/*
 * The number, as @peer may know it, of an event or of the last one: of all events, or of the user's
 * own if @peer may not see the others. 0: none yet.
 */
uint64_t manager_event_number(const struct manager *manager, const struct peer *peer,
			      const struct manager_event *event);
uint64_t manager_last_event(const struct manager *manager, const struct peer *peer);

/* ---- programs ---- */

size_t manager_program_count(const struct manager *manager);
void manager_program_at(const struct manager *manager, size_t index, struct program_view *ret);
int manager_program_find(const struct manager *manager, const char *name, struct note *note,
			 struct program_view *ret);

/*
 * Waits until the object of a program has been opened. *ret_pending: @done will be called, exactly
 * once, also if the manager stops; otherwise it is open already, and @done is not called.
 * FAULT_PROGRAM_REJECTED if it cannot be opened.
 */
int manager_program_open(struct manager *manager, const char *name, program_done done, void *arg,
			 struct note *note, bool *ret_pending);
/* 0; FAULT_NOT_PERMITTED: @peer may not load programs; or as manager_usable(). */
int manager_may_load(const struct manager *manager, const struct peer *peer, struct note *note);
/* Copies the object's content; @object_fd stays the caller's. */
int manager_program_load(struct manager *manager, const struct peer *peer, int object_fd,
			 bool check_only, program_done done, void *arg, struct note *note);
/*
 * Removes it from the list (the next daemon lists a shipped one again). FAULT_RING_BUSY if a ring
 * uses it.
 */
int manager_program_unload(struct manager *manager, const struct peer *peer, const char *name,
			   struct note *note);

/* ---- rings: @name is NAME, among the caller's own or the declared ones, or UID/NAME ---- */

/*
 * FAULT_QUOTA_EXCEEDED names a limit of GetStatus, or "lockedMemory" (bytes) if the kernel does
 * not lock the region, because the service's RLIMIT_MEMLOCK is too small. A failure of the
 * environment emits EVENT_FAILED, too.
 */
int manager_ring_create(struct manager *manager, const struct peer *peer,
			const struct ring_request *request, ring_done done, void *arg,
			struct note *note);
/*
 * The same for a ring that the caller makes and runs itself. @done when it can be adopted, which
 * must follow within seconds. The caller has to listen on the view's lease, a socket.
 */
int manager_ring_prepare(struct manager *manager, const struct peer *peer,
			 const struct ring_request *request, ring_done done, void *arg,
			 struct note *note);

/* If @done gets FAULT_INVALID_PARAMETER, the ring has ended, and has to be prepared again. */
int manager_ring_adopt(struct manager *manager, const struct peer *peer, const char *name,
		       const struct ring_adoption *adoption, ring_done done, void *arg,
		       struct note *note);
/*
 * io_uring_enter of an adopted ring returned @result. *ret_pending: @done will be called, when it
 * is decided what follows; otherwise it is decided already, and @done is not called.
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
/* @done when nothing is left of the ring; its view is NULL. */
int manager_ring_destroy(struct manager *manager, const struct peer *peer, const char *name,
			 ring_done done, void *arg, struct note *note);
/* The same, of a ring that is stopped or failed; FAULT_RING_BUSY: it is neither. */
int manager_ring_clear(struct manager *manager, const struct peer *peer, const char *name,
		       ring_done done, void *arg, struct note *note);
/* @expected_generation 0: any. */
int manager_ring_swap(struct manager *manager, const struct peer *peer, const char *name,
		      const char *program, uint64_t expected_generation, ring_done done, void *arg,
		      struct note *note);

/* Swaps to the fallback. FAULT_RING_BUSY if there is none. @expected_generation 0: any. */
int manager_ring_rollback(struct manager *manager, const struct peer *peer, const char *name,
			  uint64_t expected_generation, ring_done done, void *arg,
			  struct note *note);

/* Counts the rings that @peer may see. */
size_t manager_ring_count(const struct manager *manager, const struct peer *peer);
/* Memory that the regions of these rings keep locked. */
uint64_t manager_pinned_bytes(const struct manager *manager, const struct peer *peer);
/* @index is below that count. */
void manager_ring_at(const struct manager *manager, const struct peer *peer, size_t index,
		     struct ring_view *ret);
int manager_ring_find(const struct manager *manager, const struct peer *peer, const char *name,
		      struct note *note, struct ring_view *ret);
/* Whether @reader, who may see the ring, can mean it by @text: NAME or UID/NAME. */
bool manager_ring_meant(const struct ring_title *title, uid_t reader, const char *text);
/* The same, if @peer may control it, too: for its region, which the peer then writes. */
int manager_ring_open(const struct manager *manager, const struct peer *peer, const char *name,
		      struct note *note, struct ring_view *ret);
/* Whether @peer may see the rings of @owner, and their events. */
bool manager_may_see(const struct manager *manager, const struct peer *peer, uid_t owner);
/*
 * The policy is another one: logs the rings that it would not permit any more. They go on.
 */
void manager_policy_changed(const struct manager *manager);

int manager_parameters_read(const struct manager *manager, const struct peer *peer,
			    const char *name, const char *const *fields, size_t n_fields,
			    struct note *note, struct json_object **ret, uint64_t *ret_generation);
int manager_parameters_write(struct manager *manager, const struct peer *peer, const char *name,
			     struct json_object *parameters, struct note *note);

/* ---- declared rings (daemon/declared) ---- */

/*
 * Whether a ring of that key exists, also one that manager_ring_find does not show yet. The key of
 * a declared ring is its name.
 */
bool manager_has_ring(const struct manager *manager, const char *key);
/* The ring is declared from now on, and rolls back as @rollback demands. FAULT_RING_NOT_FOUND */
int manager_ring_declare(struct manager *manager, const char *name, bool rollback,
			 struct note *note);
/* The ring is not declared any more, and has no note. False if it was not, or does not exist. */
bool manager_ring_undeclare(struct manager *manager, const char *name);
/* Copies @text, or NULL for none, to the view of a declared ring; others are not changed. */
void manager_ring_set_note(struct manager *manager, const char *name, const char *text);

/* ---- rings of an earlier daemon (daemon/takeover) ---- */

/*
 * The program of that digest, held until manager_program_release. One that is only in the store
 * begins to be opened; manager_await_ready waits for that.
 */
int manager_program_hold(struct manager *manager, const uint8_t digest[SHA256_SIZE],
			 struct program **ret);
/* NULL is fine. */
void manager_program_release(struct program *program);
bool manager_program_is_open(const struct program *program);
/* Removes the objects that are not of the catalogue's programs, and that @needed rejects. */
void manager_store_clean(struct manager *manager, bool (*needed)(void *arg, const uint8_t *digest),
			 void *arg);
/* As ring_rename(), for a ring of an earlier daemon. */
int manager_ring_rename(struct manager *manager, struct kern_dispatcher *dispatcher,
			const char *key, char ret[RING_KEY_MAX]);
/* No ring may have that key: an earlier daemon has left something under it. */
void manager_reserve_key(struct manager *manager, const char *key);
/*
 * The ring becomes one of this daemon's; one whose end had been requested begins to end.
 * *ret_reports: its host is asked for its state, so the observer's host_reported follows.
 * -ECONNREFUSED: its host has ended.
 */
int manager_ring_restore(struct manager *manager, const struct ring_restoration *restoration,
			 bool *ret_reports);

#endif
