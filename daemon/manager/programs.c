/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* programs.c - the programs as clients of the manager see them */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "common/container-of.h"
#include "manager/context.h"
#include "program/program.h"

size_t manager_program_count(const struct manager *manager)
{
	return manager->catalogue.n_programs;
}

void manager_program_at(const struct manager *manager, size_t index, struct program_view *ret)
{
	assert(index < manager->catalogue.n_programs);
	program_view_fill(manager->catalogue.programs[index], ret);
}

int manager_program_find(const struct manager *manager, const char *name, struct note *note,
			 struct program_view *ret)
{
	struct program *program;
	int r;

	r = catalogue_find(&manager->catalogue, name, note, &program);
	if (r == 0)
		program_view_fill(program, ret);
	return r;
}

/* A manager_program_open that waits; owned by the list of the program's waiters. */
struct pending_open {
	struct program_waiter waiter;
	struct program *program; /* held */
	program_done done;
	void *arg;
};

static void opened(struct program_waiter *waiter, int r, const struct note *note)
{
	struct pending_open *pending = container_of(waiter, struct pending_open, waiter);
	struct program_view view;

	if (r == 0)
		program_view_fill(pending->program, &view);
	pending->done(pending->arg, r, note, r == 0 ? &view : NULL);
	program_release(pending->program);
	free(pending);
}

int manager_program_open(struct manager *manager, const char *name, program_done done, void *arg,
			 struct note *note, bool *ret_pending)
{
	struct pending_open *pending;
	struct program *program;
	int r;

	if (manager->rings.stopping)
		return -ESHUTDOWN;
	r = catalogue_find(&manager->catalogue, name, note, &program);
	if (r == 0)
		r = program_usable(program, note);
	if (r != 0)
		return r;
	pending = calloc(1, sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	*pending = (struct pending_open){
		.waiter.ready = opened,
		.program = program,
		.done = done,
		.arg = arg,
	};
	*ret_pending = program_await_open(program, &pending->waiter);
	if (*ret_pending)
		program_hold(program);
	else
		free(pending);
	return 0;
}
