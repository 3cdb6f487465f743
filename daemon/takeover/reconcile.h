/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reconcile.h - what is to become of what an earlier daemon has left under one name
 *
 * A pure function of what there is: pins in the kernel, the ledger among them, and the process that
 * runs the ring. Two rules stand above all: a ring whose process lives is never detached from (that
 * can block everybody), and a ring that a client was told of is never ended.
 */
#ifndef RING_RECONCILE_H
#define RING_RECONCILE_H

#include <stdbool.h>

enum reconcile_ledger {
	LEDGER_NONE,	    /* there is none, or of a version that has none */
	LEDGER_UNCOMMITTED, /* the ring was being made: nobody was told of it */
	LEDGER_COMMITTED,
	LEDGER_ENDING, /* its end was asked for */
};

enum reconcile_runner {			 /* by its socket */
			RUNNER_NONE,	 /* there is no socket */
			RUNNER_DEAD,	 /* nobody listens any more */
			RUNNER_ALIVE,	 /* as the owner that the ledger names, if there is one */
			RUNNER_STRANGER, /* somebody else listens */
			RUNNER_UNRESPONSIVE, /* somebody listens, and has accepted nobody for long
					      */
};

struct reconcile_state {
	bool folder;			     /* for pins */
	bool array, state, dispatcher, link; /* pins */
	enum reconcile_ledger ledger;
	enum reconcile_runner runner;
	bool adopted; /* the runner is its application, which nobody ends */
	bool program; /* the program that it runs is known; counts only if there is a ledger */
};

enum reconcile_verdict {
	RECONCILE_NOTHING, /* there is nothing */
	RECONCILE_TAKE_OVER,
	RECONCILE_RELEASE,	   /* the ring is dead: pins and socket go */
	RECONCILE_END_AND_RELEASE, /* its process is ended first */
	RECONCILE_LEAVE,	   /* strange: nothing is touched, and the name stays taken */
};

/* @ret_why: for the log, static; what is so, and if it is LEAVE what a person can do. */
enum reconcile_verdict reconcile(const struct reconcile_state *state, const char **ret_why);

#endif
