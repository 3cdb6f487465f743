/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring.h - one ring, from the request to the moment when nothing of it is left
 *
 * create.c makes it, steer.c moves it from phase to phase, swap.c gives it another program, and
 * ending.c takes it apart. Only ending.c frees it, and create.c while it is being asked for.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/dispatch.h"
#include "manager/manager.h"
#include "common/names.h"
#include "ring/probation.h"
#include "program/program.h"
#include "ring/quota.h"
#include "ring/region.h"
#include "ring/states.h"
#include "util/clock.h"
#include "util/sha256.h"

struct create;

#define RING_NAME_FOREIGN "a ring of an earlier iouringd has the name, or has left its pins behind"

#define RING_WITHOUT_REGION                                                                        \
	"its param region cannot be reached: its host is of an earlier version of iouringd"

/* Who is told of a request's end; empty (done is NULL) while there is none. */
struct ring_reply {
	ring_done done;
	void *arg;
};

/* A swap under way. */
struct ring_swap {
	struct ring_reply reply;
	struct program *program; /* held; NULL: there is none under way */
	uint64_t expected_generation;
	struct program_waiter waiter;
	/* the loop was left while the array was changed: of which program is known after that */
	bool returned;
	int result;
	/* of a rollback */
	bool by_itself;
	bool left; /* the loop was left, and is to be entered again */
};

/* Owned by the registry. */
struct ring {
	struct manager *manager;
	char name[RING_NAME_MAX];
	uid_t uid;
	gid_t gid;
	enum phase phase;
	char *reason;	 /* of its stop, failure or end; or NULL */
	int error;	 /* positive errno of its failure, or 0 */
	bool announced;	 /* EVENT_CREATED was told */
	bool adopted;	 /* its application makes and runs it; else a host does */
	bool persistent; /* lives without a client: there is no lease */
	bool rollback;	 /* also when its program fails after probation */
	bool declared;	 /* by the administrator */
	uint8_t declared_digest[SHA256_SIZE]; /* of what it was made with; zero: not known */
	char *note; /* what its declaration asks for and needs a new ring; or NULL */
	uint64_t created_us;
	/* what it runs */
	struct program *program; /* held */
	uint32_t kernel_id;	 /* of the program in the array */
	uint64_t generation;
	/* what it was made with: a swap cannot change it */
	struct iourd_descriptor made_of;
	struct iourd_ledger_program origin;
	/* what it is made of */
	struct charge charge;
	struct region region;
	struct dispatch dispatch;
	struct host *host; /* or NULL */
	bool host_exited;
	bool client_gone;     /* and its host has not noticed yet */
	bool awaited;	      /* its host, of an earlier daemon, has not said how it is */
	int ring_fd;	      /* the ring's number in its host, or in its application */
	int region_fd;	      /* the region's number in its application; -1: hosted */
	uint64_t lease_inode; /* of the host's end; 0: there is none */
	bool removing;
	struct timer timer;    /* of its making, or of its end */
	struct create *create; /* owned; until the create request was answered */
	/* requests under way */
	struct ring_reply request; /* create, start, pause or resume */
	struct ring_reply destroy;
	struct ring_swap swap;
	struct probation probation;
};

/* Puts it into the registry. @program is held. */
int ring_new(struct manager *manager, const char *name, uid_t uid, struct program *program,
	     struct ring **ret);
/* Drops all that it holds, at once: no host may be alive, no job under way. */
void ring_free(struct ring *ring);

/* A ring is shown once it has a region; one of an earlier daemon may have none. */
bool ring_visible(const struct ring *ring);
void ring_view_fill(const struct ring *ring, struct ring_view *ret);
/* Sets its reason, as by printf. */
void ring_explain(struct ring *ring, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Its reason, and its error, are over. */
void ring_explain_nothing(struct ring *ring);
/* Tells phase, generation and error to all who map the region. */
void ring_publish(struct ring *ring);
void ring_event(struct ring *ring, enum event_kind kind);
/* Answers a request, if there is one: with the ring's view if r is 0. */
void ring_answer(struct ring *ring, struct ring_reply *reply, int r, const struct note *note);
/* As above, with FAULT_RING_BUSY: @why, and the ring's reason. */
void ring_answer_busy(struct ring *ring, struct ring_reply *reply, const char *why);

/* ---- steer.c ---- */

/* What follows from @input; never for a request. */
void ring_input(struct ring *ring, enum input input);
/* 0: @done will be called. FAULT_RING_BUSY if it may not be now. */
int ring_request(struct ring *ring, enum input input, ring_done done, void *arg, struct note *note);
int ring_start_host(struct ring *ring, const struct host_setup *setup);
/* Its application will be its host. *ret_lease_fd: for that, and the caller's. */
int ring_adopt_host(struct ring *ring, int *ret_lease_fd);
/* Of an earlier daemon; what it says comes as from one that was started. */
int ring_take_over_host(struct ring *ring, const struct host_takeover *takeover,
			int *ret_region_fd);
/* The flag is set, and the host runs: the order was lost with an earlier daemon. */
void ring_pause_again(struct ring *ring);
/* Its loop was left, and is to be entered again. */
void ring_run_again(struct ring *ring);
/* A change of the array is over: what came meanwhile is seen to. */
void ring_array_changed(struct ring *ring);
/* io_uring_enter has returned in its host. */
void ring_returned(struct ring *ring, int result);

/* ---- ending.c ---- */

/* Begins its end; never frees it from within. */
void ring_end(struct ring *ring);
/* Goes on with it, when its host is gone or a job of it is over. May free the ring. */
void ring_end_continue(struct ring *ring);
/* Its timer went off. */
void ring_timeout(struct timer *timer);
/* The daemon goes, the ring stays: frees it, after an answer to each request. No job is under way.
 */
void ring_leave(struct ring *ring);

#endif
