/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* print-transitions.c - prints the rules as the Markdown table in ARCHITECTURE.md */
#include <stdio.h>
#include <string.h>

#include "ring/transitions.h"

static const char *const states[] = {
	[RING_CREATING] = "creating", [RING_CREATED] = "created", [RING_RUNNING] = "running",
	[RING_PAUSED] = "paused",     [RING_STOPPED] = "stopped", [RING_FAILED] = "failed",
	[RING_ENDING] = "ending",
};

static const char *const steps[STEP_MAX] = {
	[STEP_NONE] = "none",
	[STEP_CREATE_OPEN] = "create: open",
	[STEP_CREATE_SET_UP] = "create: set up",
	[STEP_CREATE_ADOPT] = "create: adopt",
	[STEP_CREATE_ATTACH] = "create: attach",
	[STEP_START] = "start",
	[STEP_PAUSE] = "pause",
	[STEP_RESUME] = "resume",
	[STEP_SWAP_OPEN] = "swap: open",
	[STEP_SWAP_LOAD] = "swap: load",
	[STEP_SWAP_UPDATE] = "swap: update",
	[STEP_REPLACE_LOAD] = "replace: load",
	[STEP_REPLACE_UPDATE] = "replace: update",
	[STEP_ROLL_BACK_LOAD] = "roll back: load",
	[STEP_ROLL_BACK_UPDATE] = "roll back: update",
	[STEP_ROLL_BACK_RESUME] = "roll back: resume",
	[STEP_END_DRAIN] = "end: drain",
	[STEP_END_RELEASE] = "end: release",
};

static const char *const events[RING_EVENT_MAX] = {
	[REQUEST_CREATE] = "request create",
	[REQUEST_CREATE_UNOPENED] = "request create (program not open)",
	[REQUEST_START] = "request start",
	[REQUEST_PAUSE] = "request pause",
	[REQUEST_RESUME] = "request resume",
	[REQUEST_SWAP] = "request swap",
	[REQUEST_SWAP_UNOPENED] = "request swap (program not open)",
	[REQUEST_DESTROY] = "request destroy",
	[STEP_DONE] = "step done",
	[STEP_PREPARED] = "step prepared",
	[STEP_FAILED] = "step failed",
	[HOST_REFUSED] = "host refused",
	[HOST_RUNNING] = "host running",
	[HOST_PAUSED] = "host paused",
	[HOST_ENDED] = "host ended",
	[HOST_DIED] = "host died",
	[HOST_UNREACHABLE] = "host unreachable",
	[CLIENT_GONE] = "client gone",
	[LOOP_FINISHED] = "loop finished",
	[LOOP_PAUSED] = "loop paused",
	[LOOP_DETACHED] = "loop detached",
	[PROGRAM_FAILED] = "program failed",
	[PROGRAM_FAILED_FALLBACK] = "program failed, fallback",
	[PROGRAM_STALLED] = "program stalled",
	[PROGRAM_STALLED_FALLBACK] = "program stalled, fallback",
	[PAUSE_LOST] = "pause lost",
	[TIMED_OUT] = "timed out",
	[STOPPING] = "daemon stops",
};

static const char *const attempts[] = {
	[ATTEMPT_SET_UP] = "set up",	   [ATTEMPT_CHECK] = "check program",
	[ATTEMPT_START] = "order start",   [ATTEMPT_PAUSE] = "order pause",
	[ATTEMPT_RESUME] = "order resume",
};

static const char *const effects[] = {
	"explain",
	"clear reason",
	"cancel operation",
	"end probation",
	"begin probation",
	"resume probation",
	"hold",
	"force pause",
	"install",
	"kick",
	"commit",
	"publish",
	"join",
	"kill",
	"free",
};

static const char *const announcements[] = {
	[EVENT_CREATED] = "created",	 [EVENT_STARTED] = "started",
	[EVENT_PAUSED] = "paused",	 [EVENT_RESUMED] = "resumed",
	[EVENT_SWAPPED] = "swapped",	 [EVENT_ROLLED_BACK] = "rolledBack",
	[EVENT_STOPPED] = "stopped",	 [EVENT_FAILED] = "failed",
	[EVENT_DESTROYED] = "destroyed",
};

static const char *const replies[] = {
	[REPLY_DONE] = "reply",
	[REPLY_BUSY] = "reply RingBusy",
	[REPLY_RESULT] = "reply the failure",
};

/* All but the last few are named by exception, if that is shorter. */
static void print_set(uint32_t bits, const char *const *names, unsigned int n)
{
	uint32_t all = n == 32 ? UINT32_MAX : (1u << n) - 1;
	const char *separator = "";

	bits &= all;
	if (bits == all) {
		printf("any");
		return;
	}
	if (__builtin_popcount(~bits & all) == 1) {
		printf("any but ");
		bits = ~bits & all;
	}
	for (unsigned int i = 0; i < n; i++)
		if (bits & 1u << i) {
			printf("%s%s", separator, names[i]);
			separator = ", ";
		}
}

static void print_next(const struct transition_rule *rule)
{
	if (rule->state < 0 && rule->step < 0)
		printf("stays");
	else if (rule->step < 0)
		printf("%s", states[rule->state]);
	else if (rule->state < 0)
		printf("(%s)", steps[rule->step]);
	else
		printf("%s (%s)", states[rule->state], steps[rule->step]);
}

static void print_word(const char **separator, const char *prefix, const char *word)
{
	printf("%s%s%s", *separator, prefix, word);
	*separator = ", ";
}

static void print_actions(const struct transition_rule *rule)
{
	const char *separator = "";

	if (rule->attempt != ATTEMPT_NONE)
		print_word(&separator, "try: ", attempts[rule->attempt]);
	for (unsigned int i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (rule->effects & 1u << i)
			print_word(&separator, "", effects[i]);
	if (rule->announce != NO_ANNOUNCEMENT)
		print_word(&separator, "event ", announcements[rule->announce]);
	if (rule->reply != REPLY_NONE)
		print_word(&separator, "", replies[rule->reply]);
	if (rule->text)
		printf(" \"%s\"", rule->text);
}

int main(void)
{
	printf("| state | operation: step | event | next state (operation: step) | actions |\n"
	       "| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n_transition_rules; i++) {
		const struct transition_rule *rule = &transition_rules[i];

		printf("| ");
		print_set(rule->states, states, sizeof(states) / sizeof(states[0]));
		printf(" | ");
		print_set(rule->steps, steps, STEP_MAX);
		printf(" | ");
		print_set(rule->events, events, RING_EVENT_MAX);
		if (rule->refusal) {
			printf(" | | refuse \"%s\" |\n", rule->refusal);
			continue;
		}
		printf(" | ");
		print_next(rule);
		printf(" | ");
		print_actions(rule);
		printf(" |\n");
	}
	return 0;
}
