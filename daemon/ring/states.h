/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * states.h - what may happen to a ring in which phase, and what follows from it
 *
 * One table, phase x input. A phase is finer than enum ring_state, which others are told: a ring
 * that was asked to pause, but has not paused yet, is still RING_RUNNING for them.
 */
#ifndef RING_STATES_H
#define RING_STATES_H

#include "manager/manager.h"

enum phase { /* the numbers are written down (kern/ledger.h): they never change */
	     PHASE_CREATING = 0,
	     PHASE_CREATED = 1,
	     PHASE_STARTING = 2,
	     PHASE_RUNNING = 3,
	     PHASE_PAUSING = 4,
	     PHASE_PAUSED = 5,
	     PHASE_RESUMING = 6,
	     PHASE_STOPPED = 7,
	     PHASE_FAILED = 8,
	     PHASE_ENDING = 9,
	     PHASE_ROLLING = 10, /* its loop was left; its good program is put back */
	     PHASE_MAX,
};

enum input {
	/* requests */
	INPUT_START,
	INPUT_PAUSE,
	INPUT_RESUME,
	INPUT_SWAP,
	INPUT_DESTROY,
	/* from its making */
	INPUT_ATTACHED, /* program, dispatcher and host are together */
	INPUT_BROKEN,	/* something failed on the way, or the host could not enable its ring */
	/* from its host */
	INPUT_RUNNING,
	INPUT_PAUSED,
	INPUT_RETURNED_PROGRAM, /* the loop ended: the program said so */
	INPUT_RETURNED_PAUSED,	/* ... the dispatcher saw the pause flag */
	INPUT_RETURNED_ERROR,	/* ... io_uring_enter failed, and will again */
	INPUT_BROKE,		/* ... its program failed: the ring is paused */
	INPUT_ROLL,		/* ... its program failed: the good one is put back */
	INPUT_EXITED,
	INPUT_MAX,
};

enum action {
	ACTION_NONE,
	ACTION_REFUSE, /* FAULT_RING_BUSY with the transition's text */
	/* asked of the host */
	ACTION_START,
	ACTION_PAUSE,
	ACTION_RESUME,
	ACTION_SWAP,
	/* told to everybody */
	ACTION_CREATED,
	ACTION_STARTED,
	ACTION_PAUSED,
	ACTION_RESUMED,
	ACTION_STOPPED,
	ACTION_FAILED,
	ACTION_BROKEN, /* paused, with a reason */
	ACTION_ROLL,   /* ... but goes on at once */
	ACTION_ROLLED,
	/* its end */
	ACTION_END,  /* begin it */
	ACTION_JOIN, /* it has begun: be told when it is over */
	ACTION_GONE, /* its host is gone, as was asked: go on */
};

struct transition {
	enum phase next;
	enum action action;
	const char *refusal; /* of ACTION_REFUSE */
};

const struct transition *states_transition(enum phase phase, enum input input);

enum ring_state states_public(enum phase phase);
/* IOURD_RING_* for head.life; only of phases after PHASE_CREATING. */
uint32_t states_life(enum phase phase);

#endif
