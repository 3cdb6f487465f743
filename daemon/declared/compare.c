/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare.c - a declared ring that exists: what can be changed is changed, the rest is noted */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "declared/context.h"
#include "layout/layout.h"
#include "util/log.h"
#include "wire/json.h"

void declared_compare_fixed(struct declared_ring *ring, const struct ring_view *view)
{
	static const uint8_t unknown[SHA256_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (view->uid != ring->user.uid)
		declared_note(ring, "the user is %s, the ring's is %u", ring->spec.user,
			      (unsigned int)view->uid);
	declared_digest(&ring->spec, digest);
	if (memcmp(view->declared_digest, unknown, SHA256_SIZE) != 0 &&
	    memcmp(view->declared_digest, digest, SHA256_SIZE) != 0)
		declared_note(ring, "files or dataBytes are others than the ring was made with");
}

bool declared_program_differs(struct declared_ring *ring)
{
	struct manager *manager = ring->declared->manager;
	uint8_t digest[SHA256_SIZE];
	struct program_view program;
	struct ring_view view;
	struct note note = {};
	int r;

	r = manager_program_find(manager, ring->spec.program, &note, &program);
	if (r == 0 && !program.info)
		r = -ENODATA;
	if (r == 0) {
		memcpy(digest, program.info->digest, sizeof(digest));
		r = manager_ring_find(manager, &declared_root, ring->spec.name, &note, &view);
	}
	if (r != 0)
		declared_note_fault(ring, r, &note);
	note_done(&note);
	return r == 0 && memcmp(view.program->digest, digest, sizeof(digest)) != 0;
}

/* ---- parameters ---- */

struct comparison {
	struct declared_ring *ring;
	const struct layout *layout;
	bool started;
	void *now;   /* a snapshot of the parameters */
	void *trial; /* of the same size */
};

/* Whether the ring has another value, and it can be written. */
static bool is_to_be_written(void *arg, struct json_object *single)
{
	struct comparison *comparison = arg;
	const struct layout *layout = comparison->layout;
	struct note note = {};
	bool differs;
	int r;

	memcpy(comparison->trial, comparison->now, layout->size);
	r = layout_write(layout, single, false, comparison->trial, &note);
	differs = r != 0 || memcmp(comparison->now, comparison->trial, layout->size) != 0;
	if (r == 0 && differs)
		r = layout_write(layout, single, comparison->started, comparison->trial, &note);
	if (r != 0)
		declared_note_fault(comparison->ring, r, &note);
	note_done(&note);
	return r == 0 && differs;
}

static int write_parameters(struct declared_ring *ring, const struct ring_view *view,
			    struct note *note)
{
	const struct layout *layout = &view->program->layout;
	_cleanup_free_ void *now = malloc(layout->size + 1);
	_cleanup_free_ void *trial = malloc(layout->size + 1);
	_cleanup_json_ struct json_object *changes = NULL;
	struct comparison comparison = {
		.ring = ring,
		.layout = layout,
		.started = view->started,
		.now = now,
		.trial = trial,
	};
	int r;

	if (!now || !trial)
		return -ENOMEM;
	memcpy(now, view->params, layout->size);
	r = json_select(ring->spec.parameters, is_to_be_written, &comparison, &changes);
	if (r < 0 || json_is_empty(changes))
		return r;
	r = manager_parameters_write(ring->declared->manager, &declared_root, ring->spec.name,
				     changes, note);
	if (r == 0)
		log_notice("wrote parameters of ring %s, as declared in %s", ring->spec.name,
			   ring->spec.file);
	return r;
}

void declared_write_parameters(struct declared_ring *ring)
{
	struct ring_view view;
	struct note note = {};
	int r;

	if (!ring->spec.parameters ||
	    manager_ring_find(ring->declared->manager, &declared_root, ring->spec.name, NULL,
			      &view) != 0 ||
	    view.state == RING_ENDING)
		return;
	if (!view.params) {
		declared_note(ring, "its parameters cannot be reached");
		return;
	}
	r = write_parameters(ring, &view, &note);
	if (r != 0)
		declared_note_fault(ring, r, &note);
	note_done(&note);
}
