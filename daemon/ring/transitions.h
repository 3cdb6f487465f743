/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * transitions.h - the rules of a ring's life: what an event does in which state
 *
 * A ring has one state and at most one operation under way, which is at one step. The rules are
 * data, and transition() is a pure function of them; machine.c carries out what it returns. The
 * first rule that matches counts. An event that no rule matches is ignored.
 *
 * daemon/ring/print-transitions.c prints the rules as the table in ARCHITECTURE.md.
 */
#ifndef RING_TRANSITIONS_H
#define RING_TRANSITIONS_H

#include <stddef.h>
#include <stdint.h>

#include "ring/types.h"

/* The operation under way, and its step. */
enum ring_step {
	STEP_NONE,
	STEP_CREATE_OPEN,   /* waits until its program is open */
	STEP_CREATE_SET_UP, /* waits for the host, the dispatcher and the loaded program */
	STEP_CREATE_ADOPT,  /* waits until its application calls AdoptRing */
	STEP_CREATE_ATTACH, /* a job attaches the dispatcher */
	STEP_START,	    /* the next three wait for the host */
	STEP_PAUSE,
	STEP_RESUME,
	STEP_SWAP_OPEN, /* a swap or rollback by request */
	STEP_SWAP_LOAD,
	STEP_SWAP_UPDATE,  /* a job updates the program array */
	STEP_REPLACE_LOAD, /* of a stalled program: the loop is not left */
	STEP_REPLACE_UPDATE,
	STEP_ROLL_BACK_LOAD, /* of a program that failed: the loop was left */
	STEP_ROLL_BACK_UPDATE,
	STEP_ROLL_BACK_RESUME, /* waits until the host enters the loop again */
	STEP_END_DRAIN,	       /* waits for the host's exit and the job under way */
	STEP_END_RELEASE,      /* a job detaches and unpins the dispatcher */
	STEP_MAX,
};

enum ring_event_kind {
	/* requests: refused, not ignored, where no rule allows them */
	REQUEST_CREATE,
	REQUEST_CREATE_UNOPENED, /* its program is still being opened */
	REQUEST_START,
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_SWAP, /* also a rollback */
	REQUEST_SWAP_UNOPENED,
	REQUEST_DESTROY,
	/* the step of the operation: all that it waits for has come, or some of it failed */
	STEP_DONE,
	STEP_PREPARED, /* as DONE, of STEP_CREATE_SET_UP of a ring to be adopted */
	STEP_FAILED,
	/* the host */
	HOST_REFUSED, /* it could not set up or enable its ring */
	HOST_RUNNING, /* it enters the loop */
	HOST_PAUSED,  /* it has left the loop after a PAUSE */
	HOST_ENDED,   /* it exited as hosts do whose client is gone */
	HOST_DIED,
	HOST_UNREACHABLE, /* its socket did not lead the daemon to it, at the daemon's start */
	CLIENT_GONE,
	/* io_uring_enter returned */
	LOOP_FINISHED, /* the program stopped the loop: its work is over */
	LOOP_PAUSED,   /* the dispatcher saw the pause flag */
	LOOP_DETACHED, /* the dispatcher is not attached any more: no program can help */
	PROGRAM_FAILED,
	PROGRAM_FAILED_FALLBACK, /* ... and a fallback may replace it */
	/* no step, although completions or a doorbell wait; the loop is not left */
	PROGRAM_STALLED,
	PROGRAM_STALLED_FALLBACK,
	PAUSE_LOST, /* the pause flag is set, the host runs: an earlier daemon died in between */
	TIMED_OUT,
	STOPPING, /* the daemon is */
	RING_EVENT_MAX,
};

/* What may fail, and is tried before anything changes. */
enum ring_attempt {
	ATTEMPT_NONE,
	ATTEMPT_SET_UP, /* check, charge, make the region, start the host */
	ATTEMPT_CHECK,	/* that the ring can go on with the program */
	ATTEMPT_START,	/* order the host to */
	ATTEMPT_PAUSE,
	ATTEMPT_RESUME,
};

/* Carried out in this order, after the state and step have changed. */
enum ring_effect {
	EFFECT_EXPLAIN = 1 << 0, /* the event is the ring's reason */
	EFFECT_CLEAR_REASON = 1 << 1,
	EFFECT_CANCEL = 1 << 2, /* the operation: its reply comes when the ring is gone */
	EFFECT_END_PROBATION = 1 << 3,
	EFFECT_BEGIN_PROBATION = 1 << 4,
	EFFECT_RESUME_PROBATION = 1 << 5, /* unless it has passed, or is under way */
	EFFECT_HOLD = 1 << 6,		  /* set the pause flag: no step runs the program */
	EFFECT_FORCE_PAUSE = 1 << 7,	  /* the same, and have the host leave the loop */
	EFFECT_INSTALL = 1 << 8,	  /* the array holds the operation's program */
	EFFECT_KICK = 1 << 9,	  /* wake a loop that sleeps on the last program's requests */
	EFFECT_COMMIT = 1 << 10,  /* write the ledger: from now on the ring outlives the daemon */
	EFFECT_PUBLISH = 1 << 11, /* to the region and the ledger */
	EFFECT_JOIN = 1 << 12,	  /* reply when the ring is gone */
	EFFECT_KILL = 1 << 13,	  /* the host */
	EFFECT_FREE = 1 << 14,	  /* the ring: nothing of it is left */
};

enum ring_reply_kind {
	REPLY_NONE,
	REPLY_DONE,
	REPLY_BUSY,   /* FAULT_RING_BUSY with the transition's text and the ring's reason */
	REPLY_RESULT, /* the event's fault or errno */
};

#define NO_ANNOUNCEMENT (-1)

struct transition {
	enum ring_state state;
	enum ring_step step;
	enum ring_attempt attempt;
	unsigned int effects; /* enum ring_effect */
	int announce;	      /* enum event_kind, published first; or NO_ANNOUNCEMENT */
	enum ring_reply_kind reply;
	const char *text;    /* of REPLY_BUSY */
	const char *refusal; /* of a request: nothing changes, and all else is unset; or NULL */
};

/* An event that is ignored: state and step as they are, and nothing else. */
struct transition transition(enum ring_state state, enum ring_step step,
			     enum ring_event_kind event);

/* The number of a state, with its operation, in the ledger. */
uint32_t ring_state_number(enum ring_state state, enum ring_step step);
/* Of a number that a daemon of any version wrote; the host knows how its operation ended. */
enum ring_state ring_state_of_number(uint32_t number);
/* IOURD_RING_* of the region's head. */
uint32_t ring_state_life(enum ring_state state);

/* ---- for print-transitions.c and tests ---- */

struct transition_rule {
	uint32_t states; /* bits of enum ring_state */
	uint32_t steps;	 /* bits of enum ring_step */
	uint32_t events; /* bits of enum ring_event_kind */
	int state;	 /* enum ring_state; -1: unchanged, as with the next */
	int step;
	enum ring_attempt attempt;
	unsigned int effects;
	int announce;
	enum ring_reply_kind reply;
	const char *text;
	const char *refusal;
};

extern const struct transition_rule transition_rules[];
extern const size_t n_transition_rules;

#endif
