/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "takeover/reconcile.h"

static enum reconcile_verdict leave(const char **ret_why, const char *why)
{
	*ret_why = why;
	return RECONCILE_LEAVE;
}

static bool is_fit(const struct reconcile_state *state)
{
	return state->array && state->dispatcher && state->link && state->program;
}

/*
 * Its socket is of no use for the takeover, but its process runs. What becomes of the socket is in
 * the hands of that process; of an application's, somebody still holds the lease at least.
 */
static bool runs_out_of_reach(const struct reconcile_state *state, enum reconcile_ledger ledger)
{
	bool alive = state->process == PROCESS_ALIVE;

	switch (state->runner) {
	case RUNNER_ALIVE: /* an application whose ring is to end may have to be killed */
		return alive && state->adopted && ledger == LEDGER_ENDING;
	case RUNNER_DEAD: /* an application has closed its ring so */
		return alive && !state->adopted;
	case RUNNER_NONE:
		return alive;
	case RUNNER_STRANGER:
		return alive || state->adopted;
	case RUNNER_UNRESPONSIVE:
		return alive || (state->adopted && state->process == PROCESS_UNKNOWN);
	}
	return false;
}

static bool has_died(const struct reconcile_state *state)
{
	if (state->process != PROCESS_DEAD)
		return false;
	return state->runner == RUNNER_NONE || state->runner == RUNNER_UNRESPONSIVE ||
	       (state->runner == RUNNER_STRANGER && !state->adopted);
}

/* No process is known to run it. */
static enum reconcile_verdict without_runner(const struct reconcile_state *state,
					     const char **ret_why)
{
	if (state->runner == RUNNER_NONE && !state->folder) {
		*ret_why = "nothing is left";
		return RECONCILE_NOTHING;
	}
	/* Sockets are removed after the pins, so the missing one was removed by somebody else. */
	if (state->runner == RUNNER_NONE && state->link)
		return leave(ret_why,
			     "its pins exist, but its control socket does not, so its host may "
			     "still run; end the host, then remove the pins");
	*ret_why = state->ledger == LEDGER_COMMITTED ? "its host has ended"
						     : "it was being made, or was ending";
	return RECONCILE_RELEASE;
}

/* Its owner's process listens, and a client knows the ring. */
static enum reconcile_verdict with_client(const struct reconcile_state *state, const char **ret_why)
{
	if (!state->array || !state->dispatcher || !state->link)
		return leave(ret_why, "some of its pins are missing, but its host runs; end the "
				      "host, then restart iouringd");
	if (!state->program)
		return leave(ret_why,
			     "the object file of its program is missing or damaged; end the host, "
			     "then restart iouringd");
	*ret_why = "its host runs";
	return RECONCILE_TAKE_OVER;
}

enum reconcile_verdict reconcile(const struct reconcile_state *state, const char **ret_why)
{
	enum reconcile_ledger ledger = state->state ? state->ledger : LEDGER_NONE;
	bool made = ledger == LEDGER_COMMITTED || ledger == LEDGER_ENDING;

	if (made && is_fit(state) && runs_out_of_reach(state, ledger)) {
		*ret_why = "its process runs";
		return RECONCILE_TAKE_OVER;
	}
	if (made && has_died(state)) {
		*ret_why = "its process has ended";
		return RECONCILE_RELEASE;
	}
	switch (state->runner) {
	case RUNNER_NONE:
	case RUNNER_DEAD:
		return without_runner(state, ret_why);
	case RUNNER_STRANGER:
		if (ledger == LEDGER_COMMITTED)
			return leave(ret_why, "a process of another user listens on its control "
					      "socket; end that process, then restart iouringd");
		break; /* its host had not begun to listen itself */
	case RUNNER_UNRESPONSIVE:
		if (state->adopted && !made)
			break;
		return leave(ret_why, "its host does not respond, because it is stopped; continue "
				      "it (kill -CONT) or end it, then restart iouringd");
	case RUNNER_ALIVE:
		break;
	}
	if (ledger == LEDGER_COMMITTED)
		return with_client(state, ret_why);
	*ret_why = ledger == LEDGER_ENDING ? "its end had been requested"
		   : !state->folder	   ? "its pins are gone, so its loop has no program"
					   : "it was being made, and no client knows it";
	/* the loop of an adopted ring ends when its dispatcher is removed */
	return state->adopted ? RECONCILE_RELEASE : RECONCILE_END_AND_RELEASE;
}
