/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager.h"
#include "common/list.h"
#include "util/log.h"
#include "common/cleanup.h"

static void read_work(struct job *job)
{
	struct reload *reload = container_of(job, struct reload, job);

	reload->result = rings_d_read(reload->directory, &reload->rings);
}

static void fill_files(const struct rings_d_ring *ring, struct declared_file *ret)
{
	for (size_t i = 0; i < ring->n_files; i++)
		ret[i] = (struct declared_file){
			.slot = ring->files[i].slot,
			.path = ring->files[i].path,
			.access = ring->files[i].access,
		};
}

static int declare(struct reload *reload)
{
	const struct rings_d *rings = &reload->rings;
	_cleanup_free_ struct declaration *declarations =
		calloc(rings->n_rings + 1, sizeof(*declarations));
	_cleanup_free_ struct declared_file *files =
		calloc(rings->n_rings + 1, IOURD_SLOTS_MAX * sizeof(*files));

	if (!declarations || !files)
		return -ENOMEM;
	for (size_t i = 0; i < rings->n_rings; i++) {
		const struct rings_d_ring *ring = &rings->rings[i];

		fill_files(ring, files + i * IOURD_SLOTS_MAX);
		declarations[i] = (struct declaration){
			.name = ring->name,
			.file = ring->file,
			.problem = ring->problem,
			.program = ring->program,
			.user = ring->user,
			.files = files + i * IOURD_SLOTS_MAX,
			.n_files = ring->n_files,
			.parameters = ring->parameters,
			.data_bytes_set = ring->data_bytes_set,
			.data_bytes = ring->data_bytes,
			.rollback = ring->rollback,
			.start = ring->start,
		};
	}
	return manager_declare(reload->manager, declarations, rings->n_rings, reload->done,
			       reload->arg);
}

static void read_done(struct job *job)
{
	struct reload *reload = container_of(job, struct reload, job);
	int r = reload->result;

	reload->reading = false;
	if (reload->again) {
		reload->again = false;
		rings_d_done(&reload->rings);
		reload_begin(reload);
		return;
	}
	if (r == 0)
		r = declare(reload);
	rings_d_done(&reload->rings);
	if (r == -ESHUTDOWN || r == 0)
		return;
	log_error("%s cannot be taken up: %s; the rings stay as they are", reload->directory,
		  strerror(-r));
	reload->done(reload->arg);
}

void reload_begin(struct reload *reload)
{
	if (reload->reading) {
		reload->again = true;
		return;
	}
	reload->reading = true;
	reload->job = (struct job){.work = read_work, .done = read_done};
	reload->executor->submit(reload->executor, &reload->job);
}

void reload_done(struct reload *reload)
{
	rings_d_done(&reload->rings);
}
