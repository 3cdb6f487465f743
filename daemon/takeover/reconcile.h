/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reconcile.h - decides on a ring that an earlier daemon has left
 *
 * A pure function of what exists under its name: pins in the kernel, the ledger among them, and the
 * process that runs the ring, by its control socket and by the ledger. Three rules precede all
 * others: a ring whose process lives is never detached (that can block every other ring), a ring
 * that a client knows is never ended, and no process can keep its ring from being taken over.
 */
#ifndef TAKEOVER_RECONCILE_H
#define TAKEOVER_RECONCILE_H

#include <stdbool.h>

enum reconcile_ledger {
	LEDGER_NONE,	    /* none, or the state is of a version without ledgers */
	LEDGER_UNCOMMITTED, /* the ring was being made: no client knows it */
	LEDGER_COMMITTED,
	LEDGER_ENDING, /* its end was requested */
};

enum reconcile_runner {			 /* the process that runs the ring, by its control socket */
			RUNNER_NONE,	 /* no socket */
			RUNNER_DEAD,	 /* no process listens any more */
			RUNNER_ALIVE,	 /* a process of the owner in the ledger, if there is one */
			RUNNER_STRANGER, /* a process of another user */
			RUNNER_UNRESPONSIVE, /* a process that has accepted no connection for long
					      */
};

enum reconcile_process {		  /* the process that the ledger names */
			 PROCESS_UNKNOWN, /* the ledger is of a version that names none */
			 PROCESS_DEAD,
			 PROCESS_ALIVE,
};

struct reconcile_state {
	bool folder;			     /* of pins */
	bool array, state, dispatcher, link; /* pins */
	enum reconcile_ledger ledger;	     /* counts only with a state */
	enum reconcile_runner runner;
	enum reconcile_process process; /* counts only with a ledger */
	bool adopted;			/* the runner is the application, which is never ended */
	bool program; /* the program that it runs is known; counts only with a ledger */
};

enum reconcile_verdict {
	RECONCILE_NOTHING, /* nothing is left */
	RECONCILE_TAKE_OVER,
	RECONCILE_RELEASE,	   /* the ring is dead: pins and socket are removed */
	RECONCILE_END_AND_RELEASE, /* the same, after its process was ended */
	RECONCILE_LEAVE,	   /* unexpected: left untouched, and the name stays reserved */
};

/* @ret_why: the reason, for the log (static); for LEAVE with what the administrator can do. */
enum reconcile_verdict reconcile(const struct reconcile_state *state, const char **ret_why);

#endif
