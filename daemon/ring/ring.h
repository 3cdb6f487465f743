/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring.h - one ring: what it is made of, and what others see of it
 *
 * machine.c alone changes a ring's state and operation; transitions.c has the rules for it.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/names.h"
#include "program/program.h"
#include "ring/dispatcher-jobs.h"
#include "ring/emptying.h"
#include "ring/probation.h"
#include "ring/quota.h"
#include "ring/region.h"
#include "ring/title.h"
#include "ring/transitions.h"
#include "ring/types.h"
#include "ring/waiting.h"
#include "util/clock.h"
#include "util/sha256.h"

struct creation;
struct ring_context;

#define RING_NAME_FOREIGN "the name is taken by a ring, or by pins, of an earlier iouringd"

#define RING_WITHOUT_REGION                                                                        \
	"its param region cannot be reached: its host is of an earlier version of iouringd"

/* Where the reply to a request goes; empty (done is NULL) if nobody waits for one. */
struct ring_reply {
	ring_done done;
	void *arg;
};

/* What a step waits for. */
enum {
	WAIT_PROGRAM = 1 << 0, /* open, or loaded */
	WAIT_JOB = 1 << 1,     /* of the dispatcher */
	WAIT_HOST = 1 << 2,
	WAIT_REGION = 1 << 3, /* to be emptied */
};

enum ring_cause { /* of a change of the program */
		  CAUSE_SWAP,
		  CAUSE_ROLLBACK, /* by request */
		  CAUSE_FAILURE,  /* the program failed or stalled */
};

/* The one operation under way; all zero: none is. */
struct ring_operation {
	enum ring_step step;
	unsigned int waits; /* WAIT_* */
	struct ring_reply reply;
	/* of a swap or rollback */
	enum ring_cause cause;
	struct program *program; /* held; the one that the array is to hold; or NULL */
	uint64_t expected_generation;
	/* the loop was left while a job updates the array: it is not known yet by which program */
	bool returned;
	int result;
};

/* The reply to an operation that the ring's end cancelled; sent when the ring is gone. */
struct cancelled_reply {
	struct ring_reply reply;
	int r; /* a fault, with its note, or -errno; 0: the ring's reason is all that is known */
	struct note note;
};

/* Who made the ring, for the policy. All zero, or without a control group: not known. */
struct ring_client {
	struct user user; /* owned, as is the next */
	char *cgroup;
	pid_t pid; /* 0: the daemon */
	struct {
		uint64_t device, inode; /* both 0: none */
	} files[IOURD_SLOTS_MAX];	/* by slot, for the audit trail */
};

/* Owned by the manager, which ring/context.h reaches when the ring is freed. */
struct ring {
	struct ring_context *context; /* borrowed */
	char key[RING_KEY_MAX];	      /* of its pins and its host, as title.h says */
	char full[RING_FULL_MAX];
	struct ring_title title; /* borrows from these two */
	uid_t uid;
	gid_t gid;
	struct ring_client client;
	enum ring_state state;
	struct ring_operation operation;
	char *reason;	 /* of its stop, failure or end; or NULL */
	int error;	 /* positive errno of its failure, or 0 */
	bool announced;	 /* EVENT_CREATED was emitted */
	bool adopted;	 /* its application makes and runs it; else a host does */
	bool persistent; /* lives without a client: it has no lease */
	bool rollback;	 /* also when its program fails after probation */
	bool declared;	 /* by the administrator */
	uint8_t declared_digest[SHA256_SIZE]; /* of what it was made with; zero: not known */
	char *note; /* what its declaration asks for and needs a new ring; or NULL */
	uint64_t created_us;
	/* what it runs */
	struct program *program; /* held */
	uint32_t kernel_id;	 /* of the program in the array */
	uint64_t generation;
	struct probation probation;
	/* what it was made with: a swap cannot change it */
	struct iourd_descriptor made_of;
	struct iourd_ledger_program origin;
	/* what it is made of */
	struct charge charge;
	struct usage_charge descriptors; /* of its files, which its host holds */
	struct region region;
	struct emptying emptying;
	struct ring_look look;
	struct ring_dispatcher dispatcher;
	struct host *host; /* or NULL */
	bool host_exited;
	bool killed;		      /* its process was, as it did not end in time */
	bool stuck;		      /* and it did not end even so */
	bool client_gone;	      /* its host has not noticed that yet */
	int ring_fd;		      /* the ring's number in its host, or in its application */
	int region_fd;		      /* the region's number in its application; -1: hosted */
	uint64_t lease_inode;	      /* of the host's end; 0: none */
	struct timer timer;	      /* of its creation, or of its end */
	struct program_waiter waiter; /* of the operation, for WAIT_PROGRAM */
	struct creation *creation;    /* owned; until the reply to the create request; or NULL */
	struct cancelled_reply cancelled;
	struct ring_reply destroyed; /* the reply to DestroyRing */
	bool awaited;		     /* restored, and its host has not reported its state yet */
};

/* Copies what the policy asks about; @peer has the ring's uid. */
int ring_client_init(struct ring_client *client, const struct peer *peer);
void ring_client_done(struct ring_client *client);

/* In state CREATING, without an operation. @program is held. */
int ring_new(struct ring_context *context, const char *key, uid_t uid, struct program *program,
	     struct ring **ret);
/* Drops all that it holds, at once: no host may be alive, no job under way. NULL is fine. */
void ring_free(struct ring *ring);

/* A ring is shown once it has a region; one of an earlier daemon may have none. */
bool ring_visible(const struct ring *ring);
void ring_view_fill(const struct ring *ring, struct ring_view *ret);
/* Takes over @reason, from malloc; NULL: none. */
void ring_set_reason(struct ring *ring, char *reason);
/* Writes state, generation and error to the ledger and the region. */
void ring_publish(struct ring *ring);
void ring_emit(struct ring *ring, enum event_kind kind);
/* Sends a reply, if somebody waits for it: with the ring's view if r is 0. */
void ring_reply(struct ring *ring, struct ring_reply *reply, int r, const struct note *note);
/* Fills @note: @why, and the ring's reason. */
int ring_fault_busy(const struct ring *ring, const char *why, struct note *note);

#endif
