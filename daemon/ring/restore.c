/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/restore.h"

#include <errno.h>
#include <string.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/ring.h"
#include "util/log.h"
#include "common/cleanup.h"

/* Of what a daemon writes down; what was on its way is told by the host. */
static enum phase settled_phase(uint32_t phase)
{
	switch (phase) {
	case PHASE_RUNNING:
	case PHASE_PAUSING:
	case PHASE_ROLLING:
		return PHASE_RUNNING;
	case PHASE_PAUSED:
	case PHASE_RESUMING:
		return PHASE_PAUSED;
	case PHASE_STOPPED:
	case PHASE_FAILED:
		return (enum phase)phase;
	default:
		return PHASE_CREATED;
	}
}

static int read_ledger(struct ring *ring, const struct ring_restoration *entry)
{
	const struct iourd_ledger *ledger = entry->ledger;
	const struct program *origin =
		entry->origin && program_info(entry->origin) ? entry->origin : entry->program;

	ring->gid = ledger->gid;
	ring->phase = settled_phase(ledger->phase);
	ring->error = ledger->error;
	ring->announced = true;
	ring->persistent = ledger->flags & IOURD_LEDGER_PERSISTENT;
	ring->declared = ledger->flags & IOURD_LEDGER_DECLARED;
	memcpy(ring->declared_digest, ledger->declared_digest, sizeof(ring->declared_digest));
	ring->created_us = ledger->created_us;
	ring->generation = ledger->generation;
	ring->kernel_id = ledger->current.kernel_id;
	ring->made_of = program_info(origin)->descriptor;
	ring->made_of.sq_entries = ledger->entries;
	ring->origin = ledger->origin;
	ring->adopted = ledger->flags & IOURD_LEDGER_ADOPTED;
	ring->ring_fd = ledger->ring_fd;
	ring->region_fd = ring->adopted ? ledger->region_fd : -1;
	ring->lease_inode = ledger->lease_inode;
	ring->rollback = ledger->flags & IOURD_LEDGER_ROLLBACK;
	ring->probation.passed = ledger->probation == 0;
	if (entry->fallback && program_info(entry->fallback)) {
		program_hold(entry->fallback);
		ring->probation.good = entry->fallback;
	}
	if (ledger->reason[0] != '\0')
		ring_explain(ring, "%s", ledger->reason);
	return charge_force(&ring->manager->quota, ring->uid, ledger->region_bytes, ledger->entries,
			    &ring->charge);
}

/* Without its region a ring runs on, and can be steered; it is said who cannot reach what. */
static void map_region(struct ring *ring, const struct iourd_ledger *ledger, int fd)
{
	const struct region_found found = {
		.fd = fd,
		.size = ledger->region_bytes,
		.data_size = ledger->data_bytes,
		.params_size = program_info(ring->program)->layout.size,
	};
	int r = fd >= 0 ? region_open(&found, &ring->region) : -ENOENT;

	if (r == 0)
		return;
	safe_close(fd);
	log_warning("ring %s: its param region cannot be reached, so its parameters cannot be read "
		    "or written by iouringd: %s",
		    ring->name,
		    r != -ENOENT    ? strerror(-r)
		    : ring->adopted ? "its application has closed the descriptor"
				    : "its host is of an earlier version");
}

/* Nobody has to be asked: what the flag says is what the loop does. */
static void adopted_settled(struct ring *ring)
{
	if (ring->phase == PHASE_RUNNING && dispatch_paused(&ring->dispatch))
		ring_pause_again(ring);
	else if (ring->phase == PHASE_CREATED || ring->phase == PHASE_PAUSED)
		dispatch_pause(&ring->dispatch, true);
}

int ring_restore(struct manager *manager, const struct ring_restoration *entry)
{
	const struct iourd_ledger *ledger = entry->ledger;
	const struct host_takeover takeover = {
		.name = entry->name,
		.uid = ledger->uid,
		.region_device = ledger->region_device,
		.region_inode = ledger->region_inode,
		.lease_inode = ledger->lease_inode,
		.adopted = ledger->flags & IOURD_LEDGER_ADOPTED,
		.region_fd = ledger->region_fd,
	};
	struct ring *ring;
	int region_fd = -1;
	int r;

	r = ring_new(manager, entry->name, ledger->uid, entry->program, &ring);
	if (r < 0)
		return r;
	r = read_ledger(ring, entry);
	if (r == 0)
		r = ring_take_over_host(ring, &takeover, &region_fd);
	if (r < 0) {
		ring_free(ring);
		return r;
	}
	dispatch_take(&ring->dispatch, entry->dispatch);
	map_region(ring, ledger, region_fd);
	if (!ring->probation.passed &&
	    (ring->phase == PHASE_RUNNING || ring->phase == PHASE_PAUSED))
		probation_begin(ring);
	ledger_note(ring); /* a swap that was under way is settled now */
	if (ring->adopted)
		adopted_settled(ring);
	else
		ring->awaited = true;
	return 0;
}

/* An earlier daemon had set the flag, or was about to clear it. */
static void found_running(struct ring *ring)
{
	if (ring->phase != PHASE_RUNNING)
		ring_input(ring, INPUT_RUNNING);
	else if (dispatch_paused(&ring->dispatch))
		ring_pause_again(ring);
}

void ring_found(struct ring *ring, enum control_type state, int result, int ring_fd)
{
	bool at_pause = dispatch_last(&ring->dispatch) == IOURD_STEP_PAUSED;

	ring->ring_fd = ring_fd;
	if (ring->phase == PHASE_ENDING || ring->phase == PHASE_STOPPED ||
	    ring->phase == PHASE_FAILED)
		return;
	switch (state) {
	case CONTROL_RUNNING:
		found_running(ring);
		break;
	case CONTROL_PAUSED:
		dispatch_pause(&ring->dispatch, true);
		ring_input(ring, INPUT_PAUSED);
		break;
	case CONTROL_RETURNED:
		/* it may have been started or resumed, too, while nobody was told */
		if (ring->phase != PHASE_RUNNING && !(ring->phase == PHASE_PAUSED && at_pause))
			ring_input(ring, INPUT_RUNNING);
		ring_returned(ring, result);
		break;
	default: /* READY: it was not started, or will say so */
		break;
	}
}
