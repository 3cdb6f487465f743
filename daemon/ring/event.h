/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event.h - what happens to a ring, with what comes along */
#ifndef RING_EVENT_H
#define RING_EVENT_H

#include "host/control.h"
#include "ring/ring.h"

struct ring_event {
	enum ring_event_kind kind;
	struct ring_reply reply; /* of a request */
	struct note *note;	 /* of a request, to be filled; of STEP_FAILED, moved out of */
	int r;			 /* of STEP_FAILED: a fault or -errno */
	const char *text;	 /* the reason, of REQUEST_DESTROY and STOPPING */
	/* of REQUEST_SWAP, and of events that begin a rollback */
	enum ring_cause cause;
	struct program *program; /* borrowed */
	uint64_t expected_generation;
	int result;		  /* of LOOP_* and PROGRAM_FAILED: what io_uring_enter returned */
	enum control_stage stage; /* of HOST_REFUSED, as the next */
	int error;
	int code, status; /* of HOST_*: as of waitid() */
};

#endif
