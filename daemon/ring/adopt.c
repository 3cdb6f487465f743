/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/adopt.h"

#include <errno.h>
#include <stdio.h>

#include "ring/context.h"
#include "ring/ring.h"

static int fault_entries(const struct ring *ring, int ring_fd, struct note *note)
{
	char value[16], expected[96];

	snprintf(value, sizeof(value), "%d", ring_fd);
	snprintf(expected, sizeof(expected),
		 "an io_uring with %u submission and %u completion entries",
		 ring->made_of.sq_entries, ring->made_of.cq_entries);
	return fault_invalid_parameter(note, "ringDescriptor", value, expected);
}

int adopt_fault(const struct ring *ring, int r, struct note *note)
{
	char value[16];

	snprintf(value, sizeof(value), "%d", ring->ring_fd);
	switch (r) {
	case -EBADF:
	case -EINVAL:
		return fault_invalid_parameter(
			note, "ringDescriptor", value,
			"the number of an io_uring's descriptor in the calling "
			"process");
	case -EBUSY:
		return fault_invalid_parameter(note, "ringDescriptor", value,
					       "an io_uring that is still disabled "
					       "(IORING_SETUP_R_DISABLED), and has no program yet");
	case -EOPNOTSUPP:
		return fault_invalid_parameter(
			note, "ringDescriptor", value,
			"an io_uring with IORING_SETUP_DEFER_TASKRUN and "
			"IORING_SETUP_SINGLE_ISSUER, without IOPOLL and SQPOLL");
	case -EAGAIN:
		return fault_ring_busy(note, ring->title.name,
				       "its application is at work in the io_uring");
	case -EPROTO: /* another one than adopt_check() has seen */
		return fault_entries(ring, ring->ring_fd, note);
	default:
		return r;
	}
}

int adopt_check(struct ring *ring, int ring_fd, struct note *note)
{
	const struct ring_context *context = ring->context;
	char value[16];
	uint32_t sq, cq;
	int r;

	r = context->kern->ops->ring_entries(context->kern, context->hosts->ops->pid(ring->host),
					     ring_fd, &sq, &cq);
	if (r == -EAGAIN)
		return fault_ring_busy(note, ring->title.name,
				       "its application is at work in the io_uring");
	snprintf(value, sizeof(value), "%d", ring_fd);
	if (r < 0)
		return fault_invalid_parameter(
			note, "ringDescriptor", value,
			"the number of an io_uring's descriptor in the calling "
			"process");
	if (sq == ring->made_of.sq_entries && cq == ring->made_of.cq_entries)
		return 0;
	return fault_entries(ring, ring_fd, note);
}
