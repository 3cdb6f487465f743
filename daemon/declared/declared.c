/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "declared/declared.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/ring.h"
#include "util/log.h"
#include "common/cleanup.h"
#include "wire/json.h"
#include "common/container-of.h"

#define RETRY_MS     1000u  /* doubled with each failure in a row */
#define RETRY_MAX_MS 60000u /* at the most; and who lives that long has not failed */

static void ring_drop(struct declared_ring *ring)
{
	struct clock_port *clock = ring->declared->manager->clock;

	assert(ring->step == DECLARED_IDLE);
	clock->cancel(clock, &ring->timer);
	list_unlink(&ring->link);
	declared_wish_done(&ring->wish);
	declared_wish_done(&ring->next);
	free(ring->name);
	free(ring->file);
	free(ring->problem);
	free(ring->notes);
	free(ring);
}

void declared_init(struct declared *declared, struct manager *manager, struct users *users)
{
	declared->manager = manager;
	declared->users = users;
	list_init(&declared->rings);
}

void declared_done(struct declared *declared)
{
	struct declared_ring *ring;

	list_for_each(ring, &declared->rings, link)
		ring_drop(ring);
}

static struct declared_ring *find(const struct list *rings, const char *name)
{
	struct declared_ring *ring;

	list_for_each(ring, rings, link)
		if (ring->name && strcmp(ring->name, name) == 0)
			return ring;
	return NULL;
}

/* ---- what comes of each ---- */

/* All have been tried: tells who declared them, once. */
static void tell_if_over(struct declared *declared)
{
	void (*done)(void *arg) = declared->done;
	struct declared_ring *ring;

	if (!done || declared->comparing)
		return;
	list_for_each(ring, &declared->rings, link)
		if (ring->step != DECLARED_IDLE)
			return;
	declared->done = NULL;
	done(declared->done_arg);
}

/* Text for a person; NULL: no memory. */
static char *text_of(int r, const struct note *note)
{
	_cleanup_json_ struct json_object *parameters = NULL;

	if (r < 0)
		return strdup(strerror(-r));
	if (fault_to_json(r, note, &parameters) < 0)
		return NULL;
	return fault_message(fault_name((enum fault)r), parameters);
}

void declared_problem(struct declared_ring *ring, const char *text)
{
	struct registry *registry = &ring->declared->manager->registry;
	struct ring *made = ring->name ? registry_search(registry, ring->name) : NULL;
	char *copy = text ? strdup(text) : NULL;

	if (text && (!ring->problem || strcmp(ring->problem, text) != 0))
		log_warning("%s", text);
	free(ring->problem);
	ring->problem = copy;
	if (!made || !made->declared)
		return;
	free(made->note);
	made->note = text ? strdup(text) : NULL;
}

static void retry(struct timer *timer)
{
	struct declared_ring *ring = container_of(timer, struct declared_ring, timer);

	if (ring->steady)
		ring->failures = 0;
	else
		declared_apply(ring);
}

static void start_timer(struct declared_ring *ring, bool steady, unsigned int ms)
{
	struct clock_port *clock = ring->declared->manager->clock;

	ring->steady = steady;
	ring->timer.fire = retry;
	clock->start(clock, &ring->timer, ms);
}

/* When it is tried again: milliseconds. */
static unsigned int retry_later(struct declared_ring *ring)
{
	unsigned int ms = ring->failures < 6 ? RETRY_MS << ring->failures : RETRY_MAX_MS;

	ring->failures++;
	start_timer(ring, false, ms);
	return ms;
}

static void ring_ended(struct declared_ring *ring, bool for_good)
{
	struct clock_port *clock = ring->declared->manager->clock;

	declared_problem(ring, NULL);
	if (for_good) {
		ring->away = true;
		clock->cancel(clock, &ring->timer);
		log_notice("the declared ring %s has ended, and stays away until the next reload "
			   "or start",
			   ring->name);
	} else {
		log_warning("the declared ring %s has ended: it is made again in %u ms", ring->name,
			    retry_later(ring));
	}
}

/* With what its file says by now. */
static void begin(struct declared_ring *ring)
{
	if (ring->again) {
		declared_wish_done(&ring->wish);
		ring->wish = ring->next;
		ring->next = (struct declared_wish){};
		ring->again = ring->gone = false;
	}
	declared_apply(ring);
}

/* Idle again: what has been waiting for that is done now. May free it. */
static void settle(struct declared_ring *ring)
{
	struct declared *declared = ring->declared;
	bool stopping = declared->manager->stopping;

	ring->step = DECLARED_IDLE;
	declared_release(ring);
	free(ring->notes);
	ring->notes = NULL;
	if (ring->dropped) {
		ring_drop(ring);
	} else if (ring->again && !stopping) {
		begin(ring);
	} else if (ring->gone && !stopping) {
		ring->gone = false;
		ring_ended(ring, ring->gone_for_good);
	}
	tell_if_over(declared);
}

void declared_settled(struct declared_ring *ring)
{
	_cleanup_free_ char *text = NULL;

	if (ring->notes && asprintf(&text,
				    "%s: not applied: %s. What cannot be changed takes a new ring: "
				    "'iouctl ring destroy %s', then 'systemctl reload "
				    "iouringd.service'",
				    ring->file, ring->notes, ring->name) < 0)
		text = NULL;
	declared_problem(ring, text);
	if (ring->failures > 0)
		start_timer(ring, true, RETRY_MAX_MS);
	settle(ring);
}

void declared_stay(struct declared_ring *ring, const char *text)
{
	declared_problem(ring, text);
	settle(ring);
}

static void refuse(struct declared_ring *ring, const char *text)
{
	_cleanup_free_ char *problem = NULL;

	if (!ring->declared->manager->stopping) {
		if (asprintf(&problem, "%s: %s", ring->file, text) < 0)
			problem = NULL;
		declared_problem(ring, problem ?: "out of memory");
		retry_later(ring);
	}
	settle(ring);
}

void declared_refused(struct declared_ring *ring, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	refuse(ring, text ?: "out of memory");
}

void declared_failed(struct declared_ring *ring, int r, const struct note *note)
{
	_cleanup_free_ char *text = text_of(r, note);

	refuse(ring, text ?: "out of memory");
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
	_cleanup_free_ char *text = text_of(r, note);

	declared_note(ring, "%s", text ?: "out of memory");
}

void declared_ring_gone(struct manager *manager, const char *name, bool declared, bool for_good)
{
	struct declared_ring *ring = find(&manager->declared.rings, name);

	if (!ring || manager->stopping)
		return;
	if (ring->step != DECLARED_IDLE) {
		ring->gone = true;
		ring->gone_for_good = declared && for_good;
	} else if (declared && for_good) {
		ring_ended(ring, true);
	} else if (ring->timer.armed && !ring->steady) {
		return; /* whose request it answered has seen to that */
	} else if (declared) {
		ring_ended(ring, false);
	} else {
		declared_apply(ring); /* the name was taken, and is free */
	}
}

/* ---- what is declared ---- */

static int declared_ring_new(struct declared *declared, const struct declaration *declaration,
			     struct declared_ring **ret)
{
	struct declared_ring *ring = calloc(1, sizeof(*ring));
	int r;

	if (!ring)
		return -ENOMEM;
	ring->declared = declared;
	ring->name = declaration->name ? strdup(declaration->name) : NULL;
	ring->file = strdup(declaration->file);
	if (!ring->file || !ring->name != !declaration->name)
		r = -ENOMEM;
	else
		r = declared_wish_fill(declaration, &ring->wish);
	if (r < 0)
		ring_drop(ring);
	else
		*ret = ring;
	return r;
}

/* Of one that is declared no more, or was so when an earlier iouringd made it. */
static void undeclare(struct ring *ring)
{
	log_notice("the ring %s is not declared any more: it stays, as any persistent ring, until "
		   "'iouctl ring destroy %s'",
		   ring->name, ring->name);
	ring->declared = false;
	ledger_note(ring);
	free(ring->note);
	ring->note = NULL;
}

static void forget(struct declared_ring *ring)
{
	if (ring->step == DECLARED_IDLE)
		ring_drop(ring);
	else
		ring->dropped = true;
}

/* Those that are not among @fresh: their files are gone, unless that cannot be known. */
static void forget_others(struct declared *declared, struct list *fresh)
{
	struct registry *registry = &declared->manager->registry;
	struct declared_ring *ring;
	bool known = true;

	list_for_each(ring, fresh, link)
		known = known && ring->name;
	list_for_each(ring, &declared->rings, link)
		if (!ring->name || (known && !find(fresh, ring->name)))
			forget(ring);
	for (size_t i = 0; known && i < registry->n_rings; i++) {
		struct ring *made = registry->rings[i];

		if (made->declared && !find(fresh, made->name))
			undeclare(made);
	}
}

/* @fresh goes into the list, or what it wishes into the one that is there. */
static void merge(struct declared *declared, struct declared_ring *fresh)
{
	struct declared_ring *ring = fresh->name ? find(&declared->rings, fresh->name) : NULL;

	list_unlink(&fresh->link);
	if (!ring) {
		list_append(&declared->rings, &fresh->link);
		return;
	}
	declared_wish_done(&ring->next);
	ring->next = fresh->wish;
	ring->again = true;
	ring->dropped = false;
	ring->away = false;
	ring->failures = 0;
	fresh->wish = (struct declared_wish){};
	ring_drop(fresh);
}

int manager_declare(struct manager *manager, const struct declaration *declarations, size_t n,
		    void (*done)(void *arg), void *arg)
{
	struct declared *declared = &manager->declared;
	void (*superseded)(void *arg) = declared->done;
	struct declared_ring *ring;
	struct list fresh;
	int r = manager->stopping ? -ESHUTDOWN : 0;

	assert(declared->users || n == 0);
	list_init(&fresh);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = declared_ring_new(declared, &declarations[i], &ring);
		if (r == 0)
			list_append(&fresh, &ring->link);
	}
	if (r < 0) {
		list_for_each(ring, &fresh, link)
			ring_drop(ring);
		return r;
	}
	declared->comparing = true;
	if (superseded)
		superseded(declared->done_arg);
	declared->done = done;
	declared->done_arg = arg;
	forget_others(declared, &fresh);
	list_for_each(ring, &fresh, link)
		merge(declared, ring);
	list_for_each(ring, &declared->rings, link)
		if (ring->step == DECLARED_IDLE)
			begin(ring);
	declared->comparing = false;
	tell_if_over(declared);
	return 0;
}

/* ---- what is wrong ---- */

size_t manager_problem_count(const struct manager *manager)
{
	const struct declared_ring *ring;
	size_t n = 0;

	list_for_each(ring, &manager->declared.rings, link)
		n += ring->problem != NULL;
	return n;
}

void manager_problem_at(const struct manager *manager, size_t index, struct problem_view *ret)
{
	const struct declared_ring *ring;

	list_for_each(ring, &manager->declared.rings, link) {
		if (!ring->problem || index-- > 0)
			continue;
		*ret = (struct problem_view){.file = ring->file, .text = ring->problem};
		return;
	}
	assert(false);
}
