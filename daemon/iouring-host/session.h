/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.h - the main thread of a host once its ring is set up: receives commands, sends events
 *
 * The session owns its descriptors and the loop thread; they last as long as the process.
 */
#ifndef DAEMON_HOST_SESSION_H
#define DAEMON_HOST_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "host/control.h"
#include "iouring-host/loop-thread.h"

struct session {
	int connection; /* to the daemon; -1: none */
	int lease;	/* -1: a persistent ring, which only the daemon ends */
	int ring_fd;
	struct loop_thread loop;
	enum control_type state; /* READY, RUNNING, PAUSED or RETURNED, as last sent */
	int result;		 /* of io_uring_enter, with PAUSED and RETURNED */
	/* commands in progress; one that comes too early is kept until the one before is done */
	bool starting; /* RUNNING was not sent yet */
	bool pausing;
	bool pause_after; /* pause once started */
	bool run_after;	  /* run once paused */
};

/* Whether the peer of a control connection is root. */
bool session_peer_is_root(int connection);
/* Sends an event to the daemon, if it is connected. @stage and @error are for CONTROL_REFUSED. */
void session_notify(struct session *session, enum control_type type, enum control_stage stage,
		    int error);
/* Serves daemons until the host ends. */
_Noreturn void session_run(struct session *session);

#endif
