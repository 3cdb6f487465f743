/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "declared/declared.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/names.h"
#include "declared/context.h"
#include "util/log.h"

int declared_new(const struct declared_setup *setup, struct declared **ret)
{
	struct declared *declared = calloc(1, sizeof(*declared));

	if (!declared)
		return -ENOMEM;
	declared->manager = setup->manager;
	declared->users = setup->users;
	declared->executor = setup->executor;
	declared->clock = setup->clock;
	list_init(&declared->rings);
	*ret = declared;
	return 0;
}

void declared_stop(struct declared *declared, void (*done)(void *arg), void *arg)
{
	struct declared_ring *ring;

	assert(!declared->stopping);
	declared->stopping = true;
	list_for_each(ring, &declared->rings, link)
		declared->clock->cancel(declared->clock, &ring->timer);
	list_for_each(ring, &declared->rings, link)
		declared_dequeue(ring);
	declared->stopped = done;
	declared->stopped_arg = arg;
	declared_reply_if_idle(declared);
}

void declared_free(struct declared *declared)
{
	struct declared_ring *ring;

	if (!declared)
		return;
	list_for_each(ring, &declared->rings, link)
		declared_ring_free(ring);
	free(declared);
}

void declared_ring_gone(struct declared *declared, const struct ring_end *end)
{
	struct declared_ring *ring = declared_find(&declared->rings, end->key);

	if (!ring || declared->stopping)
		return;
	if (ring->step != DECLARED_IDLE) {
		ring->gone = true;
		ring->gone_finished = end->declared && end->finished;
	} else if (end->declared && end->finished) {
		declared_ended(ring, true);
	} else if (ring->timer.armed && !ring->steady) {
		return; /* the request that failed with it has arranged the next attempt */
	} else if (end->declared) {
		declared_ended(ring, false);
	} else {
		declared_begin(ring); /* the name was taken, and is free */
	}
}

/* ---- declarations ---- */

static int check_name(struct declaration *spec)
{
	if (spec->problem || ring_name_valid(spec->name))
		return 0;
	if (asprintf(&spec->problem,
		     "%s: the file's name is the ring's, which must be " RING_NAME_EXPECTED,
		     spec->file) < 0) {
		spec->problem = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* A ring for each declaration, all of it or nothing. */
static int make_rings(struct declared *declared, struct declarations *declarations,
		      struct list *ret)
{
	struct declared_ring *ring;
	size_t i = 0;
	int r = 0;

	for (size_t n = 0; n < declarations->n && r == 0; n++) {
		r = check_name(&declarations->items[n]);
		if (r == 0)
			r = declared_ring_new(declared, &ring);
		if (r == 0)
			list_append(ret, &ring->link);
	}
	list_for_each(ring, ret, link) {
		if (r < 0)
			declared_ring_free(ring);
		else
			ring->spec = declaration_take(&declarations->items[i++]);
	}
	return r;
}

static void undeclare(struct declared *declared, const char *name)
{
	if (manager_ring_undeclare(declared->manager, name))
		log_notice("ring %s is not declared any more; it stays, as any persistent ring, "
			   "until 'iouctl ring destroy %s'",
			   name, name);
}

static void drop(struct declared_ring *ring)
{
	if (ring->step == DECLARED_IDLE)
		declared_ring_free(ring);
	else
		ring->dropped = true;
}

/* Those that are not among @fresh: their files were removed, unless the directory is unreadable. */
static void drop_others(struct declared *declared, struct list *fresh)
{
	struct declared_ring *ring;
	bool known = true;

	list_for_each(ring, fresh, link)
		known = known && ring->spec.name;
	list_for_each(ring, &declared->rings, link) {
		if (ring->spec.name && (!known || declared_find(fresh, ring->spec.name)))
			continue;
		if (ring->spec.name)
			undeclare(declared, ring->spec.name);
		drop(ring);
	}
	if (!known)
		return;
	/* declared when an earlier daemon made them */
	for (size_t i = 0; i < manager_ring_count(declared->manager, &declared_root); i++) {
		char name[RING_KEY_MAX];
		struct ring_view view;

		manager_ring_at(declared->manager, &declared_root, i, &view);
		snprintf(name, sizeof(name), "%s", view.title.name);
		if (view.declared && !declared_find(fresh, name))
			undeclare(declared, name);
	}
}

/* Moves @fresh into the list, or its declaration into the ring of that name. */
static void merge(struct declared *declared, struct declared_ring *fresh)
{
	struct declared_ring *ring =
		fresh->spec.name ? declared_find(&declared->rings, fresh->spec.name) : NULL;

	list_unlink(&fresh->link);
	if (!ring) {
		list_append(&declared->rings, &fresh->link);
		return;
	}
	declaration_done(&ring->next);
	ring->next = declaration_take(&fresh->spec);
	ring->again = true;
	ring->dropped = false;
	ring->away = false;
	ring->failures = 0;
	declared_ring_free(fresh);
}

int declared_apply(struct declared *declared, struct declarations *declarations,
		   void (*done)(void *arg), void *arg)
{
	void (*superseded)(void *arg) = declared->done;
	struct declared_ring *ring;
	struct list fresh;
	int r;

	if (declared->stopping)
		return -ESHUTDOWN;
	list_init(&fresh);
	r = make_rings(declared, declarations, &fresh);
	if (r < 0)
		return r;
	declarations_done(declarations);
	declared->applying = true;
	if (superseded)
		superseded(declared->done_arg);
	declared->done = done;
	declared->done_arg = arg;
	drop_others(declared, &fresh);
	list_for_each(ring, &fresh, link)
		merge(declared, ring);
	list_for_each(ring, &declared->rings, link)
		if (ring->step == DECLARED_IDLE)
			declared_begin(ring);
	declared->applying = false;
	declared_reply_if_idle(declared);
	return 0;
}

/* ---- problems ---- */

size_t declared_problem_count(const struct declared *declared)
{
	const struct declared_ring *ring;
	size_t n = 0;

	list_for_each(ring, &declared->rings, link)
		n += ring->problem != NULL;
	return n;
}

void declared_problem_at(const struct declared *declared, size_t index,
			 struct declared_problem *ret)
{
	const struct declared_ring *ring;

	list_for_each(ring, &declared->rings, link) {
		if (!ring->problem || index-- > 0)
			continue;
		*ret = (struct declared_problem){.file = ring->spec.file, .text = ring->problem};
		return;
	}
	assert(false);
}
