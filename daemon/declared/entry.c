/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* entry.c - one declared ring: its declaration, its problem and its notes */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "declared/context.h"
#include "util/log.h"
#include "wire/json.h"

#define RETRY_MS     1000u  /* doubled with each failure in a row */
#define RETRY_MAX_MS 60000u /* at most; a ring that lives that long has recovered */

const struct peer declared_root = {};

int declared_ring_new(struct declared *declared, struct declared_ring **ret)
{
	struct declared_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	ring->declared = declared;
	*ret = ring;
	return 0;
}

void declared_ring_free(struct declared_ring *ring)
{
	struct clock_port *clock = ring->declared->clock;

	assert(ring->step == DECLARED_IDLE);
	clock->cancel(clock, &ring->timer);
	list_unlink(&ring->link);
	declaration_done(&ring->spec);
	declaration_done(&ring->next);
	free(ring->problem);
	free(ring->notes);
	free(ring);
}

struct declared_ring *declared_find(const struct list *rings, const char *name)
{
	struct declared_ring *ring;

	list_for_each(ring, rings, link)
		if (ring->spec.name && strcmp(ring->spec.name, name) == 0)
			return ring;
	return NULL;
}

char *declared_fault_text(int r, const struct note *note)
{
	_cleanup_json_ struct json_object *parameters = NULL;

	if (r < 0)
		return strdup(strerror(-r));
	if (fault_to_json(r, note, &parameters) < 0)
		return NULL;
	return fault_message(fault_name((enum fault)r), parameters);
}

void declared_set_problem(struct declared_ring *ring, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && (!ring->problem || strcmp(ring->problem, text) != 0))
		log_warning("%s", text);
	free(ring->problem);
	ring->problem = copy;
	if (ring->spec.name)
		manager_ring_set_note(ring->declared->manager, ring->spec.name, text);
}

void declared_note(struct declared_ring *ring, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	char *all;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (!text || asprintf(&all, "%s%s%s", ring->notes ?: "", ring->notes ? "; " : "", text) < 0)
		return;
	free(ring->notes);
	ring->notes = all;
}

void declared_note_fault(struct declared_ring *ring, int r, const struct note *note)
{
	_cleanup_free_ char *text = declared_fault_text(r, note);

	declared_note(ring, "%s", text ?: "out of memory");
}

unsigned int declared_retry_later(struct declared_ring *ring)
{
	struct clock_port *clock = ring->declared->clock;
	unsigned int ms = ring->failures < 6 ? RETRY_MS << ring->failures : RETRY_MAX_MS;

	ring->failures++;
	ring->steady = false;
	clock->start(clock, &ring->timer, ms);
	return ms;
}

void declared_forget_failures_later(struct declared_ring *ring)
{
	struct clock_port *clock = ring->declared->clock;

	if (ring->failures == 0)
		return;
	ring->steady = true;
	clock->start(clock, &ring->timer, RETRY_MAX_MS);
}

void declared_reply_if_idle(struct declared *declared)
{
	void (*done)(void *arg) = declared->done;
	void (*stopped)(void *arg) = declared->stopped;
	struct declared_ring *ring;

	if (declared->applying)
		return;
	list_for_each(ring, &declared->rings, link)
		if (ring->step != DECLARED_IDLE)
			return;
	declared->done = NULL;
	if (done)
		done(declared->done_arg);
	if (!stopped || declared->working)
		return;
	declared->stopped = NULL;
	stopped(declared->stopped_arg);
}
