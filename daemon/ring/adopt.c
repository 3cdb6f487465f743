/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/adopt.h"

#include <errno.h>
#include <stdio.h>

#include "manager/context.h"
#include "ring/create.h"
#include "ring/ring.h"

void adopt_refuse(struct ring *ring, int r)
{
	struct note note = {};
	char value[16];

	snprintf(value, sizeof(value), "%d", ring->ring_fd);
	switch (r) {
	case -EBADF:
	case -EINVAL:
		r = fault_invalid_parameter(&note, "ringDescriptor", value,
					    "the number of an io_uring's descriptor in the calling "
					    "process");
		break;
	case -EBUSY:
		r = fault_invalid_parameter(&note, "ringDescriptor", value,
					    "an io_uring that is still disabled "
					    "(IORING_SETUP_R_DISABLED), and has no program yet");
		break;
	case -EOPNOTSUPP:
		r = fault_invalid_parameter(
			&note, "ringDescriptor", value,
			"an io_uring with IORING_SETUP_DEFER_TASKRUN and "
			"IORING_SETUP_SINGLE_ISSUER, without IOPOLL and SQPOLL");
		break;
	case -EAGAIN:
		r = fault_ring_busy(&note, ring->name,
				    "its application is at work in the io_uring");
		break;
	default:
		break;
	}
	create_fail(ring, r, &note);
}

static int check_adopted(const struct manager *manager, const struct peer *peer, struct note *note)
{
	enum manager_who who = manager->policy.adopted;

	if (who == WHO_NONE)
		return fault_not_permitted(note, "there are no adopted rings here, as "
						 "adoptedRings in iouringd.conf says");
	if (peer->uid == 0)
		return 0;
	if (who == WHO_ROOT)
		return fault_not_permitted(note, "adopted rings are for root only, as "
						 "adoptedRings in iouringd.conf says");
	if (manager_lacks(manager, KERN_SAFE_ADOPTION))
		return fault_not_permitted(note, "adopted rings are for root only on this kernel, "
						 "which lacks " KERN_SAFE_ADOPTION " (Linux 7.3)");
	return 0;
}

int manager_ring_prepare(struct manager *manager, const struct peer *peer,
			 const struct ring_request *request, ring_done done, void *arg,
			 struct note *note)
{
	struct ring_request adopted = *request;
	int r;

	adopted.adopted = true;
	adopted.persistent = false;
	r = check_adopted(manager, peer, note);
	return r == 0 ? manager_ring_create(manager, peer, &adopted, done, arg, note) : r;
}

/* As large as the program was told that it is. */
static int check_entries(struct ring *ring, int ring_fd, struct note *note)
{
	struct manager *manager = ring->manager;
	char value[16], expected[96];
	uint32_t sq, cq;
	int r;

	r = manager->kern->ops->ring_entries(manager->kern, manager->hosts->ops->pid(ring->host),
					     ring_fd, &sq, &cq);
	if (r == -EAGAIN)
		return fault_ring_busy(note, ring->name,
				       "its application is at work in the io_uring");
	snprintf(value, sizeof(value), "%d", ring_fd);
	if (r < 0)
		return fault_invalid_parameter(
			note, "ringDescriptor", value,
			"the number of an io_uring's descriptor in the calling "
			"process");
	if (sq == ring->made_of.sq_entries && cq == ring->made_of.cq_entries)
		return 0;
	snprintf(expected, sizeof(expected),
		 "an io_uring with %u submission and %u completion entries",
		 ring->made_of.sq_entries, ring->made_of.cq_entries);
	return fault_invalid_parameter(note, "ringDescriptor", value, expected);
}

int manager_ring_adopt(struct manager *manager, const struct peer *peer, const char *name,
		       const struct ring_adoption *adoption, ring_done done, void *arg,
		       struct note *note)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	if (!ring->adopted || ring->phase != PHASE_CREATING || !create_awaits_adoption(ring))
		return fault_ring_busy(note, name, "it does not wait to be adopted");
	r = manager->hosts->ops->application(ring->host, peer->uid, peer->pid);
	if (r == -EPERM)
		return fault_not_permitted(note,
					   "the calling process does not listen on the ring's "
					   "lease: call listen(2) on it before AdoptRing");
	if (r == 0)
		r = check_entries(ring, adoption->ring_fd, note);
	if (r != 0)
		return r;
	ring->region.head->identity.address = adoption->region_address;
	ring->region_fd = adoption->region_fd;
	ring->request = (struct ring_reply){.done = done, .arg = arg};
	create_host_ready(ring, adoption->ring_fd);
	return 0;
}

/* It was left for a pause that is over by now: its application enters it again. */
static bool is_late(const struct ring *ring, int result)
{
	return result >= 0 && dispatch_last(&ring->dispatch) == IOURD_STEP_PAUSED &&
	       !dispatch_paused(&ring->dispatch);
}

int manager_ring_report(struct manager *manager, const struct peer *peer, const char *name,
			int result, ring_done done, void *arg, struct note *note, bool *ret_pending)
{
	struct ring *ring;
	int r;

	r = manager_lookup(manager, peer, name, note, &ring);
	if (r != 0)
		return r;
	if (!ring->adopted || ring->phase == PHASE_CREATING)
		return fault_ring_busy(note, name, "no application runs it");
	if (is_late(ring, result)) {
		*ret_pending = false;
		return 0;
	}
	ring_returned(ring, result);
	*ret_pending = ring->phase == PHASE_ROLLING && !ring->request.done;
	if (*ret_pending)
		ring->request = (struct ring_reply){.done = done, .arg = arg};
	return 0;
}
