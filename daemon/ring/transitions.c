/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>

#include "iourd/abi.h"
#include "ring/transitions.h"

#define ANY	     0xffffffffu

#define CREATING     (1u << RING_CREATING)
#define CREATED	     (1u << RING_CREATED)
#define RUNNING	     (1u << RING_RUNNING)
#define PAUSED	     (1u << RING_PAUSED)
#define STOPPED	     (1u << RING_STOPPED)
#define FAILED	     (1u << RING_FAILED)
#define ENDING	     (1u << RING_ENDING)
#define ALIVE	     (CREATED | RUNNING | PAUSED)

#define AT(step)     (1u << STEP_##step)
#define OPENING	     (AT(SWAP_OPEN) | AT(SWAP_LOAD))
#define SWAPPING     (OPENING | AT(SWAP_UPDATE))
#define REPLACING    (AT(REPLACE_LOAD) | AT(REPLACE_UPDATE))
#define ROLLING_BACK (AT(ROLL_BACK_LOAD) | AT(ROLL_BACK_UPDATE) | AT(ROLL_BACK_RESUME))
/* The loop may be entered, and no job of an operation depends on what follows from its return. */
#define WATCHING	    (AT(NONE) | OPENING | AT(REPLACE_LOAD))

#define ON(event)	    (1u << (event))

#define TO(state_, step_)   .state = RING_##state_, .step = STEP_##step_
#define TO_STEP(step_)	    .state = -1, .step = STEP_##step_
#define TO_STATE(state_)    .state = RING_##state_, .step = -1
#define STAY		    .state = -1, .step = -1

#define TRY(attempt_)	    .attempt = ATTEMPT_##attempt_
#define QUIET		    .announce = NO_ANNOUNCEMENT
#define ANNOUNCE(event_)    .announce = EVENT_##event_
#define BUSY(text_)	    .reply = REPLY_BUSY, .text = (text_)
#define REFUSE(text_)	    STAY, QUIET, .refusal = (text_)

#define BEGIN_END	    TO(ENDING, END_DRAIN)
#define PROGRAM_FAILED_BUSY "its program failed"

/* clang-format off: a line or two for each rule */
const struct transition_rule transition_rules[] = {
	/* ---- creation ---- */
	{CREATING, AT(NONE), ON(REQUEST_CREATE), TO_STEP(CREATE_SET_UP), TRY(SET_UP), QUIET},
	{CREATING, AT(NONE), ON(REQUEST_CREATE_UNOPENED), TO_STEP(CREATE_OPEN), QUIET},
	{CREATING, AT(CREATE_OPEN), ON(STEP_DONE), TO_STEP(CREATE_SET_UP), TRY(SET_UP), QUIET},
	{CREATING, AT(CREATE_SET_UP), ON(STEP_DONE), TO_STEP(CREATE_ATTACH), QUIET},
	{CREATING, AT(CREATE_SET_UP), ON(STEP_PREPARED), TO_STEP(CREATE_ADOPT), QUIET,
	 .reply = REPLY_DONE},
	{CREATING, AT(CREATE_ADOPT), ON(STEP_DONE), TO_STEP(CREATE_ATTACH), QUIET},
	{CREATING, AT(CREATE_ATTACH), ON(STEP_DONE), TO(CREATED, NONE), .effects = EFFECT_COMMIT,
	 ANNOUNCE(CREATED), .reply = REPLY_DONE},
	{CREATING, ANY, ON(STEP_FAILED) | ON(HOST_REFUSED) | ON(TIMED_OUT) | ON(STOPPING),
	 BEGIN_END, .effects = EFFECT_EXPLAIN | EFFECT_CANCEL, QUIET},

	/* ---- start, pause, resume ---- */
	{CREATED, AT(NONE), ON(REQUEST_START), TO_STEP(START), TRY(START), QUIET},
	{RUNNING, AT(NONE), ON(REQUEST_PAUSE), TO_STEP(PAUSE), TRY(PAUSE), QUIET},
	{PAUSED, AT(NONE), ON(REQUEST_RESUME), TO_STEP(RESUME), TRY(RESUME), QUIET},
	{CREATED, AT(START), ON(HOST_RUNNING), TO(RUNNING, NONE), .effects = EFFECT_BEGIN_PROBATION,
	 ANNOUNCE(STARTED), .reply = REPLY_DONE},
	{PAUSED, AT(RESUME), ON(HOST_RUNNING), TO(RUNNING, NONE),
	 .effects = EFFECT_CLEAR_REASON | EFFECT_RESUME_PROBATION, ANNOUNCE(RESUMED),
	 .reply = REPLY_DONE},
	{RUNNING, AT(ROLL_BACK_RESUME), ON(HOST_RUNNING), TO_STEP(NONE), .effects = EFFECT_PUBLISH,
	 QUIET, .reply = REPLY_DONE},
	/* an earlier daemon ordered it */
	{CREATED, ANY, ON(HOST_RUNNING), TO_STATE(RUNNING), .effects = EFFECT_BEGIN_PROBATION,
	 ANNOUNCE(STARTED)},
	{PAUSED, ANY, ON(HOST_RUNNING), TO_STATE(RUNNING),
	 .effects = EFFECT_CLEAR_REASON | EFFECT_RESUME_PROBATION, ANNOUNCE(RESUMED)},
	{CREATED, AT(START), ON(HOST_REFUSED), TO(FAILED, NONE),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(FAILED), BUSY("it failed")},

	/* ---- the loop was left; a host's late word, of a pause that is over, is ignored ---- */
	{RUNNING, AT(PAUSE), ON(HOST_PAUSED) | ON(LOOP_PAUSED), TO(PAUSED, NONE), ANNOUNCE(PAUSED),
	 .reply = REPLY_DONE},
	/* the flag stays set: it pauses when it can */
	{RUNNING, AT(PAUSE), ON(TIMED_OUT), TO_STEP(NONE), QUIET, .reply = REPLY_RESULT},
	{CREATED, AT(START), ON(LOOP_PAUSED), TO(PAUSED, NONE), ANNOUNCE(PAUSED),
	 .reply = REPLY_DONE},
	{RUNNING, WATCHING | SWAPPING | REPLACING, ON(HOST_PAUSED) | ON(LOOP_PAUSED),
	 TO_STATE(PAUSED), ANNOUNCE(PAUSED)},

	{CREATED, AT(START), ON(LOOP_FINISHED), TO(STOPPED, NONE),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(STOPPED), .reply = REPLY_DONE},
	{PAUSED, AT(RESUME), ON(LOOP_FINISHED), TO(STOPPED, NONE),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(STOPPED), .reply = REPLY_DONE},
	{RUNNING, AT(PAUSE), ON(LOOP_FINISHED), TO(STOPPED, NONE),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(STOPPED),
	 BUSY("it stopped before it could pause")},
	{RUNNING | PAUSED, WATCHING, ON(LOOP_FINISHED), TO_STATE(STOPPED),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(STOPPED)},

	{ALIVE, AT(START) | AT(PAUSE) | AT(RESUME) | AT(ROLL_BACK_RESUME), ON(LOOP_DETACHED),
	 TO(FAILED, NONE), .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(FAILED),
	 BUSY("it failed")},
	{RUNNING | PAUSED, WATCHING, ON(LOOP_DETACHED), TO_STATE(FAILED),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(FAILED)},

	/* ---- the program fails ---- */
	{RUNNING, AT(NONE), ON(PROGRAM_FAILED_FALLBACK), TO_STEP(ROLL_BACK_LOAD),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION | EFFECT_PUBLISH, QUIET},
	{ALIVE, AT(START) | AT(PAUSE) | AT(RESUME) | AT(ROLL_BACK_RESUME), ON(PROGRAM_FAILED),
	 TO(PAUSED, NONE), .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION | EFFECT_HOLD,
	 ANNOUNCE(PAUSED), BUSY(PROGRAM_FAILED_BUSY)},
	{RUNNING | PAUSED, WATCHING, ON(PROGRAM_FAILED), TO_STATE(PAUSED),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION | EFFECT_HOLD, ANNOUNCE(PAUSED)},
	{RUNNING, AT(NONE), ON(PROGRAM_STALLED_FALLBACK), TO_STEP(REPLACE_LOAD),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, QUIET},
	{RUNNING, AT(NONE), ON(PROGRAM_STALLED), TO_STEP(PAUSE),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION | EFFECT_FORCE_PAUSE, QUIET},
	{RUNNING | PAUSED, AT(NONE), ON(HOST_UNREACHABLE), TO(PAUSED, NONE),
	 .effects = EFFECT_EXPLAIN | EFFECT_END_PROBATION, ANNOUNCE(PAUSED)},
	{ANY & ~ENDING, AT(NONE), ON(HOST_UNREACHABLE), STAY, .effects = EFFECT_EXPLAIN, QUIET},
	{RUNNING, AT(NONE), ON(PAUSE_LOST), TO_STEP(PAUSE), .effects = EFFECT_FORCE_PAUSE, QUIET},

	/* ---- swap and rollback by request ---- */
	{ALIVE, AT(NONE), ON(REQUEST_SWAP), TO_STEP(SWAP_LOAD), TRY(CHECK), QUIET},
	{ALIVE, AT(NONE), ON(REQUEST_SWAP_UNOPENED), TO_STEP(SWAP_OPEN), TRY(CHECK), QUIET},
	{ALIVE, AT(SWAP_OPEN), ON(STEP_DONE), TO_STEP(SWAP_LOAD), TRY(CHECK), QUIET},
	{ALIVE, AT(SWAP_LOAD), ON(STEP_DONE), TO_STEP(SWAP_UPDATE), QUIET},
	{STOPPED, OPENING, ON(STEP_DONE), TO_STEP(NONE), QUIET, BUSY("it has stopped")},
	{FAILED, OPENING, ON(STEP_DONE), TO_STEP(NONE), QUIET, BUSY("it has failed")},
	{ALIVE, AT(SWAP_UPDATE), ON(STEP_DONE), TO_STEP(NONE), .effects = EFFECT_INSTALL, QUIET,
	 .reply = REPLY_DONE},
	{ANY & ~ENDING, SWAPPING, ON(STEP_FAILED), TO_STEP(NONE), .effects = EFFECT_PUBLISH, QUIET,
	 .reply = REPLY_RESULT},

	/* ---- the fallback replaces a program that stalled: the loop goes on ---- */
	{ALIVE, AT(REPLACE_LOAD), ON(STEP_DONE), TO_STEP(REPLACE_UPDATE), QUIET},
	{ALIVE, AT(REPLACE_UPDATE), ON(STEP_DONE), TO_STEP(NONE),
	 .effects = EFFECT_INSTALL | EFFECT_KICK, QUIET},
	{RUNNING, REPLACING, ON(STEP_FAILED), TO_STEP(PAUSE),
	 .effects = EFFECT_FORCE_PAUSE | EFFECT_PUBLISH, QUIET},
	{ANY & ~ENDING, REPLACING, ON(STEP_DONE) | ON(STEP_FAILED), TO_STEP(NONE),
	 .effects = EFFECT_PUBLISH, QUIET},

	/* ---- the fallback replaces a program that failed: the loop was left, and is entered again
	   ---- */
	{RUNNING, AT(ROLL_BACK_LOAD), ON(STEP_DONE), TO_STEP(ROLL_BACK_UPDATE), QUIET},
	{RUNNING, AT(ROLL_BACK_UPDATE), ON(STEP_DONE), TO_STEP(ROLL_BACK_RESUME),
	 .effects = EFFECT_INSTALL, QUIET},
	{RUNNING, AT(ROLL_BACK_LOAD) | AT(ROLL_BACK_UPDATE), ON(STEP_FAILED), TO(PAUSED, NONE),
	 .effects = EFFECT_HOLD, ANNOUNCE(PAUSED), BUSY(PROGRAM_FAILED_BUSY)},
	{RUNNING, AT(ROLL_BACK_RESUME), ON(STEP_FAILED), TO(PAUSED, NONE),
	 .effects = EFFECT_EXPLAIN | EFFECT_HOLD, ANNOUNCE(PAUSED), BUSY("it could not go on")},

	/* ---- the end ---- */
	{ENDING, ANY, ON(REQUEST_DESTROY), STAY, .effects = EFFECT_JOIN, QUIET},
	{ANY, ANY, ON(REQUEST_DESTROY), BEGIN_END,
	 .effects = EFFECT_EXPLAIN | EFFECT_CANCEL | EFFECT_JOIN, QUIET},
	{ANY & ~ENDING, ANY, ON(CLIENT_GONE), BEGIN_END, .effects = EFFECT_EXPLAIN | EFFECT_CANCEL,
	 QUIET},
	{FAILED, ANY, ON(HOST_ENDED) | ON(HOST_DIED), BEGIN_END, .effects = EFFECT_CANCEL, QUIET},
	{CREATING, ANY, ON(HOST_DIED), BEGIN_END, .effects = EFFECT_EXPLAIN | EFFECT_CANCEL, QUIET},
	{ANY & ~ENDING, ANY, ON(HOST_ENDED), BEGIN_END, .effects = EFFECT_EXPLAIN | EFFECT_CANCEL,
	 QUIET},
	{ANY & ~ENDING, ANY, ON(HOST_DIED), BEGIN_END, .effects = EFFECT_EXPLAIN | EFFECT_CANCEL,
	 ANNOUNCE(FAILED)},
	{ENDING, AT(END_DRAIN), ON(STEP_DONE), TO_STEP(END_RELEASE), QUIET},
	{ENDING, AT(END_RELEASE), ON(STEP_DONE), STAY, .effects = EFFECT_FREE, QUIET},
	{ENDING, ANY, ON(TIMED_OUT), STAY, .effects = EFFECT_KILL, QUIET},

/* ---- refusals ---- */
#define OTHER_REQUESTS                                                                             \
	(ON(REQUEST_START) | ON(REQUEST_PAUSE) | ON(REQUEST_RESUME) | ON(REQUEST_SWAP) |           \
	 ON(REQUEST_SWAP_UNOPENED))
	{CREATING, ANY, OTHER_REQUESTS, REFUSE("it is still being created")},
	{STOPPED, ANY, ON(REQUEST_START), REFUSE("it has stopped: a ring runs once")},
	{STOPPED, ANY, OTHER_REQUESTS, REFUSE("it has stopped")},
	{FAILED, ANY, OTHER_REQUESTS, REFUSE("it has failed")},
	{ENDING, ANY, OTHER_REQUESTS, REFUSE("it is ending")},
	{ANY, AT(START), ON(REQUEST_START), REFUSE("it is being started already")},
	{ANY, AT(START), OTHER_REQUESTS, REFUSE("it is being started")},
	{ANY, AT(PAUSE), ON(REQUEST_PAUSE), REFUSE("it is being paused already")},
	{ANY, AT(PAUSE), OTHER_REQUESTS, REFUSE("it is being paused")},
	{ANY, AT(RESUME), ON(REQUEST_RESUME), REFUSE("it is being resumed already")},
	{ANY, AT(RESUME), OTHER_REQUESTS, REFUSE("it is being resumed")},
	{ANY, REPLACING | ROLLING_BACK, OTHER_REQUESTS, REFUSE("its program is being rolled back")},
	{CREATED, ANY, ON(REQUEST_PAUSE), REFUSE("it is not started")},
	{CREATED, ANY, ON(REQUEST_RESUME), REFUSE("it is not started: start it")},
	{RUNNING, ANY, ON(REQUEST_START), REFUSE("it is running already")},
	{RUNNING, ANY, ON(REQUEST_RESUME), REFUSE("it is running: no pause is to end")},
	{PAUSED, ANY, ON(REQUEST_START), REFUSE("it is paused: resume it")},
	{PAUSED, ANY, ON(REQUEST_PAUSE), REFUSE("it is paused already")},
	{ANY, ANY, OTHER_REQUESTS, REFUSE("a swap is under way")},
};
/* clang-format on */

const size_t n_transition_rules = sizeof(transition_rules) / sizeof(transition_rules[0]);

_Static_assert(STEP_MAX <= 32 && RING_EVENT_MAX <= 32, "rules hold them as bits");

struct transition transition(enum ring_state state, enum ring_step step, enum ring_event_kind event)
{
	assert(step < STEP_MAX && event < RING_EVENT_MAX);
	for (size_t i = 0; i < n_transition_rules; i++) {
		const struct transition_rule *rule = &transition_rules[i];

		if (!(rule->states & 1u << state) || !(rule->steps & 1u << step) ||
		    !(rule->events & 1u << event))
			continue;
		return (struct transition){
			.state = rule->state < 0 ? state : (enum ring_state)rule->state,
			.step = rule->step < 0 ? step : (enum ring_step)rule->step,
			.attempt = rule->attempt,
			.effects = rule->effects,
			.announce = rule->announce,
			.reply = rule->reply,
			.text = rule->text,
			.refusal = rule->refusal,
		};
	}
	return (struct transition){
		.state = state,
		.step = step,
		.announce = NO_ANNOUNCEMENT,
	};
}

/* These numbers are in the kernel's memory, for daemons of every version: they never change. */
enum {
	NUMBER_CREATING = 0,
	NUMBER_CREATED = 1,
	NUMBER_STARTING = 2,
	NUMBER_RUNNING = 3,
	NUMBER_PAUSING = 4,
	NUMBER_PAUSED = 5,
	NUMBER_RESUMING = 6,
	NUMBER_STOPPED = 7,
	NUMBER_FAILED = 8,
	NUMBER_ENDING = 9,
	NUMBER_ROLLING_BACK = 10,
};

uint32_t ring_state_number(enum ring_state state, enum ring_step step)
{
	switch (state) {
	case RING_CREATING:
		return NUMBER_CREATING;
	case RING_CREATED:
		return step == STEP_START ? NUMBER_STARTING : NUMBER_CREATED;
	case RING_RUNNING:
		return step == STEP_PAUSE	   ? NUMBER_PAUSING
		       : 1u << step & ROLLING_BACK ? NUMBER_ROLLING_BACK
						   : NUMBER_RUNNING;
	case RING_PAUSED:
		return step == STEP_RESUME ? NUMBER_RESUMING : NUMBER_PAUSED;
	case RING_STOPPED:
		return NUMBER_STOPPED;
	case RING_FAILED:
		return NUMBER_FAILED;
	case RING_ENDING:
		break;
	}
	return NUMBER_ENDING;
}

enum ring_state ring_state_of_number(uint32_t number)
{
	switch (number) {
	case NUMBER_RUNNING:
	case NUMBER_PAUSING:
	case NUMBER_ROLLING_BACK:
		return RING_RUNNING;
	case NUMBER_PAUSED:
	case NUMBER_RESUMING:
		return RING_PAUSED;
	case NUMBER_STOPPED:
		return RING_STOPPED;
	case NUMBER_FAILED:
		return RING_FAILED;
	case NUMBER_ENDING:
		return RING_ENDING;
	default:
		return RING_CREATED;
	}
}

uint32_t ring_state_life(enum ring_state state)
{
	static const uint32_t lives[] = {
		[RING_CREATING] = IOURD_RING_CREATED, [RING_CREATED] = IOURD_RING_CREATED,
		[RING_RUNNING] = IOURD_RING_RUNNING,  [RING_PAUSED] = IOURD_RING_PAUSED,
		[RING_STOPPED] = IOURD_RING_STOPPED,  [RING_FAILED] = IOURD_RING_FAILED,
		[RING_ENDING] = IOURD_RING_ENDED,
	};

	return lives[state];
}
