/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* declared-compare.c - a declared ring is there: what of it can be changed is, the rest is said */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/params.h"
#include "ring/ring.h"
#include "util/log.h"
#include "common/cleanup.h"
#include "wire/json.h"
#include "layout/layout.h"

static const struct peer root = {};

/* In the order of the slots' names: that in the file means nothing. */
static void sort_files(const struct declared_wish *wish,
		       const struct declared_file *ret[IOURD_SLOTS_MAX])
{
	for (size_t i = 0; i < wish->n_files; i++) {
		size_t at = i;

		for (; at > 0 && strcmp(ret[at - 1]->slot, wish->files[i].slot) > 0; at--)
			ret[at] = ret[at - 1];
		ret[at] = &wish->files[i];
	}
}

void declared_digest(const struct declared_wish *wish, uint8_t ret[SHA256_SIZE])
{
	const struct declared_file *files[IOURD_SLOTS_MAX];
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	memset(ret, 0, SHA256_SIZE); /* not known: then nothing is said of it */
	if (!out)
		return;
	sort_files(wish, files);
	for (size_t i = 0; i < wish->n_files; i++)
		fprintf(out, "%s%c%s%c%d%c", files[i]->slot, 0, files[i]->path, 0, files[i]->access,
			0);
	if (wish->data_bytes_set)
		fprintf(out, "%" PRIu64, wish->data_bytes);
	if (fclose(out) == 0)
		sha256(text, size, ret);
}

/* ---- parameters ---- */

struct comparing {
	struct declared_ring *ring;
	struct ring *made;
	void *now;   /* a snapshot of the parameters */
	void *trial; /* of the same size */
};

/* Is it another value than the ring has, and can it be written to it? */
static bool is_to_be_written(void *arg, struct json_object *single)
{
	struct comparing *comparing = arg;
	const struct layout *layout = &program_info(comparing->made->program)->layout;
	bool started = comparing->made->phase != PHASE_CREATED;
	struct note note = {};
	bool other;
	int r;

	memcpy(comparing->trial, comparing->now, layout->size);
	r = layout_write(layout, single, false, comparing->trial, &note);
	other = r != 0 || memcmp(comparing->now, comparing->trial, layout->size) != 0;
	if (r == 0 && other)
		r = layout_write(layout, single, started, comparing->trial, &note);
	if (r != 0)
		declared_note_fault(comparing->ring, r, &note);
	note_done(&note);
	return r == 0 && other;
}

static int write_parameters(struct declared_ring *ring, struct ring *made, struct note *note)
{
	uint32_t size = program_info(made->program)->layout.size;
	_cleanup_free_ void *now = malloc(size + 1);
	_cleanup_free_ void *trial = malloc(size + 1);
	_cleanup_json_ struct json_object *changes = NULL;
	struct comparing comparing = {.ring = ring, .made = made, .now = now, .trial = trial};
	int r;

	if (!now || !trial)
		return -ENOMEM;
	memcpy(now, region_params(&made->region), size);
	r = json_select(ring->wish.parameters, is_to_be_written, &comparing, &changes);
	if (r < 0 || json_is_empty(changes))
		return r;
	r = manager_parameters_write(ring->declared->manager, &root, ring->name, changes, note);
	if (r == 0)
		log_notice("wrote parameters of the ring %s, as %s declares", ring->name,
			   ring->file);
	return r;
}

static void compare_parameters(struct declared_ring *ring, struct ring *made)
{
	struct note note = {};
	int r;

	if (!ring->wish.parameters || made->phase == PHASE_ENDING)
		return;
	if (!ring_visible(made)) {
		declared_note(ring, "its parameters cannot be reached");
		return;
	}
	r = write_parameters(ring, made, &note);
	if (r != 0)
		declared_note_fault(ring, r, &note);
	note_done(&note);
}

/* ---- program ---- */

/* What comes after it, with the ring as it is then. */
static void go_on(struct declared_ring *ring)
{
	struct ring *made = registry_search(&ring->declared->manager->registry, ring->name);

	if (made)
		compare_parameters(ring, made);
	declared_start(ring);
}

static void swapped(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct declared_ring *ring = arg;

	if (r != 0)
		declared_note_fault(ring, r, note);
	else
		log_notice("the ring %s runs %s now, as %s declares", ring->name,
			   ring->wish.program, ring->file);
	go_on(ring);
}

static void compare_program(struct declared_ring *ring, struct ring *made)
{
	struct note note = {};
	int r;

	/* the same name may be another version, since a package was upgraded */
	if (made->program == ring->program) {
		go_on(ring);
		return;
	}
	ring->step = DECLARED_SWAPPING;
	r = manager_ring_swap(ring->declared->manager, &root, ring->name, ring->wish.program, 0,
			      swapped, ring, &note);
	if (r != 0) {
		declared_note_fault(ring, r, &note);
		go_on(ring);
	}
	note_done(&note);
}

/* ---- all of it ---- */

static void compare_fixed(struct declared_ring *ring, struct ring *made)
{
	static const uint8_t unknown[SHA256_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (made->uid != ring->user.uid)
		declared_note(ring, "the user is %s, the ring's is %u", ring->wish.user,
			      (unsigned int)made->uid);
	declared_digest(&ring->wish, digest);
	if (memcmp(made->declared_digest, unknown, SHA256_SIZE) != 0 &&
	    memcmp(made->declared_digest, digest, SHA256_SIZE) != 0)
		declared_note(ring, "files or dataBytes are others than the ring was made with");
}

void declared_compare(struct declared_ring *ring, struct ring *made)
{
	char text[160];

	if (made->phase == PHASE_ENDING) { /* when it is gone there will be something to do */
		declared_stay(ring, NULL);
		return;
	}
	if (!made->declared && !(made->persistent && made->uid == ring->user.uid)) {
		snprintf(text, sizeof(text),
			 "%.80s: the name is taken by a ring of user %u that is not declared",
			 ring->file, (unsigned int)made->uid);
		declared_stay(ring, text);
		return;
	}
	made->declared = true;
	made->rollback = ring->wish.rollback;
	ledger_note(made);
	compare_fixed(ring, made);
	compare_program(ring, made);
}
