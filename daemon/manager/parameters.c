/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parameters.c - reads and writes the parameters of a ring */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "layout/layout.h"
#include "manager/context.h"
#include "ring/params.h"
#include "ring/ring.h"

typedef int (*lookup)(const struct manager *manager, const struct peer *peer, const char *name,
		      struct note *note, struct ring **ret);

/* A ring whose parameters can be read or written now. */
static int find_ring(const struct manager *manager, lookup look_up, const struct peer *peer,
		     const char *name, struct note *note, struct ring **ret)
{
	struct ring *ring;
	int r;

	r = look_up(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	if (ring->state == RING_CREATING || !ring_visible(ring))
		return fault_ring_busy(note, name, "it is not made yet");
	if (!ring->region.head)
		return fault_ring_busy(note, name, RING_WITHOUT_REGION);
	*ret = ring;
	return 0;
}

int manager_parameters_read(const struct manager *manager, const struct peer *peer,
			    const char *name, const char *const *fields, size_t n_fields,
			    struct note *note, struct json_object **ret, uint64_t *ret_generation)
{
	struct ring *ring;
	int r;

	r = find_ring(manager, manager_lookup_to_see, peer, name, note, &ring);
	if (r != 0)
		return r;
	r = layout_read(&program_info(ring->program)->layout, region_params(&ring->region), fields,
			n_fields, note, ret);
	if (r != 0)
		return r;
	*ret_generation = ring->generation;
	return 0;
}

int manager_parameters_write(struct manager *manager, const struct peer *peer, const char *name,
			     struct json_object *parameters, struct note *note)
{
	const struct kern_program_info *info;
	_cleanup_free_ void *trial = NULL;
	struct ring *ring;
	bool started;
	int r;

	r = find_ring(manager, manager_lookup, peer, name, note, &ring);
	if (r != 0)
		return r;
	if (ring->state == RING_ENDING)
		return fault_ring_busy(note, name, "it is ending");
	info = program_info(ring->program);
	started = (ring->state != RING_CREATED || ring->operation.step == STEP_START);
	trial = malloc(info->layout.size ? info->layout.size : 1);
	if (!trial)
		return -ENOMEM;
	memcpy(trial, region_params(&ring->region), info->layout.size);
	r = layout_write(&info->layout, parameters, started, trial, note);
	if (r == 0)
		r = params_check_need(info, trial, ring->region.data_size, note);
	if (r != 0)
		return r;
	return layout_write(&info->layout, parameters, started, region_params(&ring->region), note);
}
