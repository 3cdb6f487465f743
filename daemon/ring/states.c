/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stddef.h>

#include "iourd/abi.h"
#include "ring/states.h"

/* A line for each cell. */
/* clang-format off */
#define GO(phase_, action_)	    {.next = PHASE_##phase_, .action = ACTION_##action_}
#define IGNORE(phase_)		    GO(phase_, NONE)
#define REFUSE(phase_, refusal_) \
	{.next = PHASE_##phase_, .action = ACTION_REFUSE, .refusal = (refusal_)}

/* What a host says late, or out of turn, is ignored: the answers that count are in their rows. */
static const struct transition transitions[PHASE_MAX][INPUT_MAX] = {
	[PHASE_CREATING] = {
		[INPUT_START] = REFUSE(CREATING, "it is still being made"),
		[INPUT_PAUSE] = REFUSE(CREATING, "it is still being made"),
		[INPUT_RESUME] = REFUSE(CREATING, "it is still being made"),
		[INPUT_SWAP] = REFUSE(CREATING, "it is still being made"),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = GO(CREATED, CREATED),
		[INPUT_BROKEN] = GO(ENDING, END),
		[INPUT_RUNNING] = IGNORE(CREATING),
		[INPUT_PAUSED] = IGNORE(CREATING),
		[INPUT_RETURNED_PROGRAM] = IGNORE(CREATING),
		[INPUT_RETURNED_PAUSED] = IGNORE(CREATING),
		[INPUT_RETURNED_ERROR] = IGNORE(CREATING),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_CREATED] = {
		[INPUT_START] = GO(STARTING, START),
		[INPUT_PAUSE] = REFUSE(CREATED, "it was not started yet"),
		[INPUT_RESUME] = REFUSE(CREATED, "it was not started yet: start it"),
		[INPUT_SWAP] = GO(CREATED, SWAP),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(CREATED),
		[INPUT_BROKEN] = IGNORE(CREATED),
		/* An earlier daemon had ordered it. */
		[INPUT_RUNNING] = GO(RUNNING, STARTED),
		[INPUT_PAUSED] = IGNORE(CREATED),
		[INPUT_RETURNED_PROGRAM] = IGNORE(CREATED),
		[INPUT_RETURNED_PAUSED] = IGNORE(CREATED),
		[INPUT_RETURNED_ERROR] = IGNORE(CREATED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_STARTING] = {
		[INPUT_START] = REFUSE(STARTING, "it is being started already"),
		[INPUT_PAUSE] = REFUSE(STARTING, "it is being started"),
		[INPUT_RESUME] = REFUSE(STARTING, "it is being started"),
		[INPUT_SWAP] = REFUSE(STARTING, "it is being started"),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(STARTING),
		[INPUT_BROKEN] = GO(FAILED, FAILED),
		[INPUT_RUNNING] = GO(RUNNING, STARTED),
		[INPUT_PAUSED] = IGNORE(STARTING),
		[INPUT_RETURNED_PROGRAM] = GO(STOPPED, STOPPED),
		[INPUT_RETURNED_PAUSED] = GO(PAUSED, PAUSED),
		[INPUT_RETURNED_ERROR] = GO(FAILED, FAILED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_RUNNING] = {
		[INPUT_START] = REFUSE(RUNNING, "it is running already"),
		[INPUT_PAUSE] = GO(PAUSING, PAUSE),
		[INPUT_RESUME] = REFUSE(RUNNING, "it is running: there is no pause to end"),
		[INPUT_SWAP] = GO(RUNNING, SWAP),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(RUNNING),
		[INPUT_BROKEN] = IGNORE(RUNNING),
		[INPUT_RUNNING] = IGNORE(RUNNING),
		/* The loop is left, whoever asked for it: say what is so. */
		[INPUT_PAUSED] = GO(PAUSED, PAUSED),
		[INPUT_RETURNED_PROGRAM] = GO(STOPPED, STOPPED),
		[INPUT_RETURNED_PAUSED] = GO(PAUSED, PAUSED),
		[INPUT_RETURNED_ERROR] = GO(FAILED, FAILED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_PAUSING] = {
		[INPUT_START] = REFUSE(PAUSING, "it is being paused"),
		[INPUT_PAUSE] = REFUSE(PAUSING, "it is being paused already"),
		[INPUT_RESUME] = REFUSE(PAUSING, "it is being paused"),
		[INPUT_SWAP] = REFUSE(PAUSING, "it is being paused"),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(PAUSING),
		[INPUT_BROKEN] = IGNORE(PAUSING),
		[INPUT_RUNNING] = IGNORE(PAUSING),
		[INPUT_PAUSED] = GO(PAUSED, PAUSED),
		[INPUT_RETURNED_PROGRAM] = GO(STOPPED, STOPPED),
		/* The dispatcher saw the flag before the host saw the command. */
		[INPUT_RETURNED_PAUSED] = GO(PAUSED, PAUSED),
		[INPUT_RETURNED_ERROR] = GO(FAILED, FAILED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_PAUSED] = {
		[INPUT_START] = REFUSE(PAUSED, "it is paused: resume it"),
		[INPUT_PAUSE] = REFUSE(PAUSED, "it is paused already"),
		[INPUT_RESUME] = GO(RESUMING, RESUME),
		[INPUT_SWAP] = GO(PAUSED, SWAP),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(PAUSED),
		[INPUT_BROKEN] = IGNORE(PAUSED),
		/* As in CREATED. */
		[INPUT_RUNNING] = GO(RUNNING, RESUMED),
		[INPUT_PAUSED] = IGNORE(PAUSED),
		/* Its last step crossed the pause. */
		[INPUT_RETURNED_PROGRAM] = GO(STOPPED, STOPPED),
		[INPUT_RETURNED_PAUSED] = IGNORE(PAUSED),
		[INPUT_RETURNED_ERROR] = GO(FAILED, FAILED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_RESUMING] = {
		[INPUT_START] = REFUSE(RESUMING, "it is being resumed"),
		[INPUT_PAUSE] = REFUSE(RESUMING, "it is being resumed"),
		[INPUT_RESUME] = REFUSE(RESUMING, "it is being resumed already"),
		[INPUT_SWAP] = REFUSE(RESUMING, "it is being resumed"),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(RESUMING),
		[INPUT_BROKEN] = IGNORE(RESUMING),
		[INPUT_RUNNING] = GO(RUNNING, RESUMED),
		/* Both are of the pause that ends now. */
		[INPUT_PAUSED] = IGNORE(RESUMING),
		[INPUT_RETURNED_PAUSED] = IGNORE(RESUMING),
		[INPUT_RETURNED_PROGRAM] = GO(STOPPED, STOPPED),
		[INPUT_RETURNED_ERROR] = GO(FAILED, FAILED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_STOPPED] = {
		[INPUT_START] = REFUSE(STOPPED, "it has stopped: a ring runs once"),
		[INPUT_PAUSE] = REFUSE(STOPPED, "it has stopped"),
		[INPUT_RESUME] = REFUSE(STOPPED, "it has stopped"),
		[INPUT_SWAP] = REFUSE(STOPPED, "it has stopped"),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(STOPPED),
		[INPUT_BROKEN] = IGNORE(STOPPED),
		[INPUT_RUNNING] = IGNORE(STOPPED),
		[INPUT_PAUSED] = IGNORE(STOPPED),
		[INPUT_RETURNED_PROGRAM] = IGNORE(STOPPED),
		[INPUT_RETURNED_PAUSED] = IGNORE(STOPPED),
		[INPUT_RETURNED_ERROR] = IGNORE(STOPPED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_FAILED] = {
		[INPUT_START] = REFUSE(FAILED, "it has failed"),
		[INPUT_PAUSE] = REFUSE(FAILED, "it has failed"),
		[INPUT_RESUME] = REFUSE(FAILED, "it has failed"),
		[INPUT_SWAP] = REFUSE(FAILED, "it has failed"),
		[INPUT_DESTROY] = GO(ENDING, END),
		[INPUT_ATTACHED] = IGNORE(FAILED),
		[INPUT_BROKEN] = IGNORE(FAILED),
		[INPUT_RUNNING] = IGNORE(FAILED),
		[INPUT_PAUSED] = IGNORE(FAILED),
		[INPUT_RETURNED_PROGRAM] = IGNORE(FAILED),
		[INPUT_RETURNED_PAUSED] = IGNORE(FAILED),
		[INPUT_RETURNED_ERROR] = IGNORE(FAILED),
		[INPUT_EXITED] = GO(ENDING, END),
	},
	[PHASE_ENDING] = {
		[INPUT_START] = REFUSE(ENDING, "it is ending"),
		[INPUT_PAUSE] = REFUSE(ENDING, "it is ending"),
		[INPUT_RESUME] = REFUSE(ENDING, "it is ending"),
		[INPUT_SWAP] = REFUSE(ENDING, "it is ending"),
		[INPUT_DESTROY] = GO(ENDING, JOIN),
		[INPUT_ATTACHED] = IGNORE(ENDING),
		[INPUT_BROKEN] = IGNORE(ENDING),
		[INPUT_RUNNING] = IGNORE(ENDING),
		[INPUT_PAUSED] = IGNORE(ENDING),
		[INPUT_RETURNED_PROGRAM] = IGNORE(ENDING),
		[INPUT_RETURNED_PAUSED] = IGNORE(ENDING),
		[INPUT_RETURNED_ERROR] = IGNORE(ENDING),
		[INPUT_EXITED] = GO(ENDING, GONE),
	},
};

/* clang-format on */

static const struct {
	enum ring_state state;
	uint32_t life;
} phases[PHASE_MAX] = {
	[PHASE_CREATING] = {RING_CREATING, IOURD_RING_CREATED},
	[PHASE_CREATED] = {RING_CREATED, IOURD_RING_CREATED},
	[PHASE_STARTING] = {RING_CREATED, IOURD_RING_CREATED},
	[PHASE_RUNNING] = {RING_RUNNING, IOURD_RING_RUNNING},
	[PHASE_PAUSING] = {RING_RUNNING, IOURD_RING_RUNNING},
	[PHASE_PAUSED] = {RING_PAUSED, IOURD_RING_PAUSED},
	[PHASE_RESUMING] = {RING_PAUSED, IOURD_RING_PAUSED},
	[PHASE_STOPPED] = {RING_STOPPED, IOURD_RING_STOPPED},
	[PHASE_FAILED] = {RING_FAILED, IOURD_RING_FAILED},
	[PHASE_ENDING] = {RING_ENDING, IOURD_RING_ENDED},
};

const struct transition *states_transition(enum phase phase, enum input input)
{
	assert(phase < PHASE_MAX && input < INPUT_MAX);
	return &transitions[phase][input];
}

enum ring_state states_public(enum phase phase)
{
	assert(phase < PHASE_MAX);
	return phases[phase].state;
}

uint32_t states_life(enum phase phase)
{
	assert(phase < PHASE_MAX);
	return phases[phase].life;
}
