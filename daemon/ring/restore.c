/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/restore.h"

#include <errno.h>
#include <string.h>

#include "ring/context.h"
#include "ring/ledger.h"
#include "ring/machine.h"
#include "util/log.h"
#include "common/cleanup.h"

/* What it was charged with, whatever the quotas are now. */
static int charge(struct ring *ring, const struct iourd_ledger *ledger)
{
	struct policies *policies = ring->context->policies;
	uid_t payer = policy_payer(policies->current, ring->uid);
	int r = usage_begin(&policies->usages, payer, USAGE_DESCRIPTORS, &ring->descriptors);

	if (r < 0)
		return r;
	usage_set(&ring->descriptors, ledger->descriptors);
	return charge_force(&ring->context->quota, payer, ledger->region_bytes, ledger->entries,
			    &ring->charge);
}

static int read_ledger(struct ring *ring, const struct ring_restoration *entry)
{
	const struct iourd_ledger *ledger = entry->ledger;
	const struct program *origin =
		entry->origin && program_info(entry->origin) ? entry->origin : entry->program;

	ring->gid = ledger->gid;
	ring->state = ring_state_of_number(ledger->phase);
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
		ring->probation.fallback = entry->fallback;
	}
	if (ledger->reason[0] != '\0')
		ring_set_reason(ring, strdup(ledger->reason));
	return charge(ring, ledger);
}

/* Without its region a ring runs on, and can be controlled. */
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
	log_warning("ring %s: its param region cannot be reached, so iouringd can neither read nor "
		    "write its parameters: %s",
		    ring->full,
		    r != -ENOENT    ? strerror(-r)
		    : ring->adopted ? "its application has closed the descriptor"
				    : "its host is of an earlier version");
}

/* An application is not asked for its state: its loop obeys the pause flag alone. */
static void follow_flag(struct ring *ring)
{
	const struct ring_event event = {.kind = PAUSE_LOST};

	if (ring->state == RING_RUNNING && ring_dispatcher_paused(&ring->dispatcher))
		ring_handle(ring, &event);
	else if (ring->state == RING_CREATED || ring->state == RING_PAUSED)
		ring_dispatcher_pause(&ring->dispatcher, true);
}

/*
 * Nobody can be asked how its loop goes on, but the dispatcher's flag stops it. Its owner can end
 * it, and resume it if it is adopted.
 */
static void pause_unreached(struct ring *ring)
{
	const struct ring_event event = {.kind = HOST_UNREACHABLE};

	ring_dispatcher_pause(&ring->dispatcher, true);
	ring_handle(ring, &event);
	log_warning("ring %s is paused: %s", ring->full, ring->reason ?: "no memory");
}

static void end_again(struct ring *ring)
{
	const struct ring_event event = {
		.kind = REQUEST_DESTROY,
		.text = "its end had been requested when iouringd started",
	};

	ring->state = RING_PAUSED;
	ring_dispatcher_pause(&ring->dispatcher, true);
	ring_handle(ring, &event);
}

/* A loop may have to be stopped first, and then goes its usual way. */
static void go_on(struct ring *ring, const struct hosts_ops *hosts)
{
	bool reachable = hosts->reachable(ring->host);

	if (!ring->probation.passed && (ring->state == RING_RUNNING || ring->state == RING_PAUSED))
		probation_begin(ring);
	ledger_update(ring); /* no swap is pending any more */
	if (!reachable)
		pause_unreached(ring);
	else if (ring->adopted)
		follow_flag(ring);
	else
		ring->awaited = true;
}

static int take_over_host(struct ring *ring, const struct iourd_ledger *ledger, int *ret_region_fd)
{
	struct hosts *hosts = ring->context->hosts;
	const struct host_takeover takeover = {
		.name = ring->key,
		.uid = ledger->uid,
		.region_device = ledger->region_device,
		.region_inode = ledger->region_inode,
		.lease_inode = ledger->lease_inode,
		.adopted = ring->adopted,
		.region_fd = ledger->region_fd,
		.process_pid = (pid_t)ledger->process_pid,
		.process_inode = ledger->process_inode,
	};

	return hosts->ops->take_over(hosts, &takeover, ring->context->host_callbacks, ring,
				     ret_region_fd, &ring->host);
}

int ring_restore(struct ring *ring, const struct ring_restoration *restoration)
{
	const struct hosts_ops *hosts = ring->context->hosts->ops;
	const struct iourd_ledger *ledger = restoration->ledger;
	int region_fd = -1;
	int r;

	r = read_ledger(ring, restoration);
	if (r == 0)
		r = take_over_host(ring, ledger, &region_fd);
	if (r < 0)
		return r;
	ring_dispatcher_take(&ring->dispatcher, restoration->dispatch);
	map_region(ring, ledger, region_fd);
	if (ledger->process_inode == 0 && hosts->reachable(ring->host))
		ledger_set_process(ring);
	if (ring->state == RING_ENDING)
		end_again(ring);
	else
		go_on(ring, hosts);
	return 0;
}
