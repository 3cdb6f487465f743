/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "takeover/reconcile.h"

static enum reconcile_verdict leave(const char **ret_why, const char *why)
{
	*ret_why = why;
	return RECONCILE_LEAVE;
}

/* Nobody runs it, as far as can be seen. */
static enum reconcile_verdict without_runner(const struct reconcile_state *state,
					     const char **ret_why)
{
	if (state->runner == RUNNER_NONE && !state->folder) {
		*ret_why = "there is nothing";
		return RECONCILE_NOTHING;
	}
	/* A socket goes after its pins: without one nobody can tell whether the ring still runs. */
	if (state->runner == RUNNER_NONE && state->link)
		return leave(ret_why,
			     "its pins are there, but its control socket is not: whether its host "
			     "still runs is not known; end the host, then remove the pins");
	*ret_why = state->ledger == LEDGER_COMMITTED ? "its host has ended meanwhile"
						     : "it was being made, or was ending";
	return RECONCILE_RELEASE;
}

/* Somebody listens who may be spoken to, and a client was told of the ring. */
static enum reconcile_verdict with_client(const struct reconcile_state *state, const char **ret_why)
{
	if (!state->array || !state->dispatcher || !state->link)
		return leave(ret_why, "some of its pins are missing, but its host runs; end the "
				      "host, then restart iouringd");
	if (!state->program)
		return leave(ret_why,
			     "the object file of its program is gone; end the host, then restart "
			     "iouringd");
	*ret_why = "its host runs";
	return RECONCILE_TAKE_OVER;
}

enum reconcile_verdict reconcile(const struct reconcile_state *state, const char **ret_why)
{
	/* a ledger is in the pinned state, and nowhere else */
	enum reconcile_ledger ledger = state->state ? state->ledger : LEDGER_NONE;

	switch (state->runner) {
	case RUNNER_NONE:
	case RUNNER_DEAD:
		return without_runner(state, ret_why);
	case RUNNER_STRANGER:
		if (ledger == LEDGER_COMMITTED)
			return leave(ret_why, "somebody else than its owner listens on its control "
					      "socket; end that process, then restart iouringd");
		break; /* its host had not come so far as to listen itself */
	case RUNNER_UNRESPONSIVE:
		return leave(ret_why, "its host has not answered for long: it is stopped; continue "
				      "(kill -CONT) or end it, then restart iouringd");
	case RUNNER_ALIVE:
		break;
	}
	if (ledger == LEDGER_COMMITTED)
		return with_client(state, ret_why);
	*ret_why = ledger == LEDGER_ENDING ? "its end had been asked for"
					   : "it was being made: nobody was told of it";
	/* no loop of an adopted ring goes on once its dispatcher is taken off */
	return state->adopted ? RECONCILE_RELEASE : RECONCILE_END_AND_RELEASE;
}
