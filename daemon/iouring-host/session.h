/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.h - the main thread of a host once its ring is made: orders in, events out
 */
#ifndef DAEMON_HOST_SESSION_H
#define DAEMON_HOST_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "host/control.h"
#include "iouring-host/runner.h"

struct session {
	int connection; /* to the daemon, owned; -1: there is none */
	int lease;	/* -1: a persistent ring, ended by its daemon only */
	int ring_fd;
	struct runner runner;
	enum control_type state; /* the last of READY, RUNNING, PAUSED, RETURNED */
	int result;
	/* orders on their way; one that comes too early waits for the one before it */
	bool starting; /* to run: RUNNING was not told yet */
	bool pausing;
	bool pause_after; /* ... it has started */
	bool run_after;	  /* ... it has paused */
	/* of the look at a loop that may never sleep (session.c) */
	int look_ms; /* until the next */
	uint64_t cpu_ms;
};

/* Is the other end of this control connection root? */
bool session_peer_is_root(int connection);
/* Tells the daemon, if there is one. @stage and @error: of CONTROL_REFUSED. */
void session_tell(struct session *session, enum control_type type, enum control_stage stage,
		  int error);
/* Does not return. */
_Noreturn void session_run(struct session *session);

#endif
