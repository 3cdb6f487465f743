/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * steps.c - how a declared ring is made as declared
 *
 * Opening (its program), queued and working (its user and files, in the job), then creating, or
 * swapping if the ring exists, and starting. Each step ends in one of the functions that finish.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "declared/context.h"
#include "util/log.h"

static struct manager *manager_of(const struct declared_ring *ring)
{
	return ring->declared->manager;
}

/* Whether the step under way is to end without a result. */
static bool is_obsolete(const struct declared_ring *ring)
{
	return ring->declared->stopping || ring->dropped || ring->again;
}

/* ---- the next attempt ---- */

static void timer_fired(struct timer *timer)
{
	struct declared_ring *ring = container_of(timer, struct declared_ring, timer);

	if (ring->steady)
		ring->failures = 0;
	else
		declared_begin(ring);
}

void declared_ended(struct declared_ring *ring, bool finished)
{
	struct clock_port *clock = ring->declared->clock;

	declared_set_problem(ring, NULL);
	if (finished) {
		ring->away = true;
		clock->cancel(clock, &ring->timer);
		log_notice("declared ring %s has finished; it is made again at the next reload or "
			   "start",
			   ring->spec.name);
	} else {
		log_warning("declared ring %s has ended; it is made again in %u ms",
			    ring->spec.name, declared_retry_later(ring));
	}
}

/* ---- the end of a step ---- */

/* Makes the ring idle, then does what had to wait for that. May free it. */
static void finish_step(struct declared_ring *ring)
{
	struct declared *declared = ring->declared;

	ring->step = DECLARED_IDLE;
	declared_close_files(ring);
	user_done(&ring->user);
	ring->user_found = false;
	free(ring->notes);
	ring->notes = NULL;
	if (ring->dropped) {
		declared_ring_free(ring);
	} else if (ring->again && !declared->stopping) {
		declared_begin(ring);
	} else if (ring->gone && !declared->stopping) {
		ring->gone = false;
		declared_ended(ring, ring->gone_finished);
	}
	declared_reply_if_idle(declared);
}

/* The ring is as declared, except for its notes. */
static void finish_applied(struct declared_ring *ring)
{
	_cleanup_free_ char *text = NULL;

	if (ring->notes &&
	    asprintf(&text,
		     "%s: not applied: %s. To apply it, make the ring anew: run 'iouctl ring "
		     "destroy %s', then 'systemctl reload iouringd.service'",
		     ring->spec.file, ring->notes, ring->spec.name) < 0)
		text = NULL;
	declared_set_problem(ring, text);
	declared_forget_failures_later(ring);
	finish_step(ring);
}

/* Nothing can be done now, for the reason @text (borrowed), or NULL if it needs none. */
static void finish_unchanged(struct declared_ring *ring, const char *text)
{
	declared_set_problem(ring, text);
	finish_step(ring);
}

/* It is tried again later. @text: why; NULL: no memory. */
static void finish_refused(struct declared_ring *ring, const char *text)
{
	_cleanup_free_ char *problem = NULL;

	if (!ring->declared->stopping) {
		if (asprintf(&problem, "%s: %s", ring->spec.file, text ?: "out of memory") < 0)
			problem = NULL;
		declared_set_problem(ring, problem ?: "out of memory");
		declared_retry_later(ring);
	}
	finish_step(ring);
}

/* The same, for a fault, with its note, or -errno. */
static void finish_failed(struct declared_ring *ring, int r, const struct note *note)
{
	_cleanup_free_ char *text = declared_fault_text(r, note);

	finish_refused(ring, text);
}

void declared_dequeue(struct declared_ring *ring)
{
	if (ring->step == DECLARED_QUEUED)
		finish_unchanged(ring, NULL);
}

/* ---- starting ---- */

static void on_started(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct declared_ring *ring = arg;

	if (r != 0)
		finish_failed(ring, r, note);
	else
		finish_applied(ring);
}

static void start(struct declared_ring *ring)
{
	struct ring_view view;
	struct note note = {};
	int r;

	if (!ring->spec.start ||
	    manager_ring_find(manager_of(ring), &declared_root, ring->spec.name, NULL, &view) !=
		    0 ||
	    view.state != RING_CREATED || view.started) {
		finish_applied(ring);
		return;
	}
	ring->step = DECLARED_STARTING;
	r = manager_ring_start(manager_of(ring), &declared_root, ring->spec.name, on_started, ring,
			       &note);
	if (r != 0)
		finish_failed(ring, r, &note);
	note_done(&note);
}

/* ---- creating ---- */

static void on_created(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct declared_ring *ring = arg;

	if (r != 0) {
		finish_failed(ring, r, note);
		return;
	}
	log_notice("made ring %s, as declared in %s", ring->spec.name, ring->spec.file);
	start(ring);
}

static void create(struct declared_ring *ring)
{
	struct note note = {};
	int r;

	ring->step = DECLARED_CREATING;
	r = declared_create(ring, on_created, &note);
	if (r == 0)
		declared_close_files(ring); /* the manager has duplicates */
	else
		finish_failed(ring, r, &note);
	note_done(&note);
}

/* ---- changing a ring that exists ---- */

static void on_swapped(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct declared_ring *ring = arg;

	if (r != 0)
		declared_note_fault(ring, r, note);
	else
		log_notice("swapped ring %s to program %s, as declared in %s", ring->spec.name,
			   ring->spec.program, ring->spec.file);
	declared_write_parameters(ring);
	start(ring);
}

static void swap(struct declared_ring *ring)
{
	struct note note = {};
	int r;

	ring->step = DECLARED_SWAPPING;
	r = manager_ring_swap(manager_of(ring), &declared_root, ring->spec.name, ring->spec.program,
			      0, on_swapped, ring, &note);
	if (r != 0) {
		declared_note_fault(ring, r, &note);
		declared_write_parameters(ring);
		start(ring);
	}
	note_done(&note);
}

static void change(struct declared_ring *ring, const struct ring_view *view)
{
	char text[160];

	if (view->state == RING_ENDING) { /* declared_ring_gone follows */
		finish_unchanged(ring, NULL);
		return;
	}
	if (!view->declared && !(view->persistent && view->uid == ring->user.uid)) {
		snprintf(text, sizeof(text),
			 "%.80s: the name is taken by a ring of user %u that is not declared",
			 ring->spec.file, (unsigned int)view->uid);
		finish_unchanged(ring, text);
		return;
	}
	declared_compare_fixed(ring, view);
	manager_ring_declare(manager_of(ring), ring->spec.name, ring->spec.rollback, NULL);
	if (declared_program_differs(ring)) {
		swap(ring);
	} else {
		declared_write_parameters(ring);
		start(ring);
	}
}

/* ---- the job: user and files ---- */

static void queue(struct declared_ring *ring)
{
	user_done(&ring->user);
	ring->step = DECLARED_QUEUED;
}

static void finish_unprepared(struct declared_ring *ring)
{
	_cleanup_free_ char *text = declared_prepare_problem(ring);

	finish_refused(ring, text);
}

static void prepared(struct declared_ring *ring)
{
	struct ring_view view;
	struct note note = {};
	int r;

	if (is_obsolete(ring)) {
		finish_unchanged(ring, NULL);
		return;
	}
	r = manager_ring_find(manager_of(ring), &declared_root, ring->spec.name, &note, &view);
	if (!ring->user_found)
		finish_unprepared(ring);
	else if (r == 0)
		change(ring, &view);
	else if (manager_has_ring(manager_of(ring), ring->spec.name))
		finish_failed(ring, r, &note); /* it is being made by somebody else */
	else if (!ring->with_files && ring->gone)
		finish_unchanged(ring, NULL);
	else if (!ring->with_files)
		queue(ring); /* it ended before it was made: again, with the files */
	else if (ring->result < 0)
		finish_unprepared(ring);
	else
		create(ring);
	note_done(&note);
}

static void prepare_work(struct job *job)
{
	declared_prepare(container_of(job, struct declared, job)->working);
}

static void next_job(struct declared *declared);

static void prepare_done(struct job *job)
{
	struct declared *declared = container_of(job, struct declared, job);
	struct declared_ring *ring = declared->working;

	declared->working = NULL;
	prepared(ring);
	next_job(declared);
}

static void next_job(struct declared *declared)
{
	struct declared_ring *ring;

	list_for_each(ring, &declared->rings, link) {
		if (declared->working)
			return;
		if (ring->step != DECLARED_QUEUED)
			continue;
		ring->step = DECLARED_WORKING;
		ring->with_files = !manager_has_ring(declared->manager, ring->spec.name);
		declared->working = ring;
		declared->job = (struct job){.work = prepare_work, .done = prepare_done};
		declared->executor->submit(declared->executor, &declared->job);
	}
}

/* ---- opening the program ---- */

static void opened(struct declared_ring *ring, const struct kern_program_info *info)
{
	declared_fill_access(ring, &info->descriptor);
	queue(ring);
	next_job(ring->declared);
}

static void on_opened(void *arg, int r, const struct note *note, const struct program_view *view)
{
	struct declared_ring *ring = arg;

	if (is_obsolete(ring))
		finish_unchanged(ring, NULL);
	else if (r != 0)
		finish_failed(ring, r, note);
	else
		opened(ring, view->info);
}

static void open_program(struct declared_ring *ring)
{
	struct program_view view;
	struct note note = {};
	bool pending = false;
	int r;

	ring->step = DECLARED_OPENING;
	r = manager_program_open(manager_of(ring), ring->spec.program, on_opened, ring, &note,
				 &pending);
	if (r == 0 && !pending)
		r = manager_program_find(manager_of(ring), ring->spec.program, &note, &view);
	if (r != 0)
		finish_failed(ring, r, &note);
	else if (!pending)
		opened(ring, view.info);
	note_done(&note);
}

void declared_begin(struct declared_ring *ring)
{
	struct clock_port *clock = ring->declared->clock;

	if (ring->again) {
		declaration_done(&ring->spec);
		ring->spec = declaration_take(&ring->next);
		ring->again = ring->gone = false;
	}
	clock->cancel(clock, &ring->timer);
	ring->timer.fire = timer_fired;
	if (ring->declared->stopping || ring->away)
		return;
	if (ring->spec.problem)
		declared_set_problem(ring, ring->spec.problem);
	else
		open_program(ring);
}
