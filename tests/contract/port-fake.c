/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-fake.c - the fake port; a "ring" is any number of this very process */
#include "tap.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "contract.h"
#include "fake/kern_fake.h"

static void fake_kern_new(struct kern **ret)
{
	assert_int_equal(kern_fake_new(NULL, ret), 0);
}

static int fake_object(enum contract_object which)
{
	struct fake_object object;

	if (which == CONTRACT_OTHER)
		fake_object_nop("other", &object);
	else
		fake_object_copy(which == CONTRACT_A ? "a" : "b", &object);
	return fake_object_memfd(&object);
}

static void fake_ring_start(struct contract_ring *ret)
{
	*ret = (struct contract_ring){.pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0),
				      .ring_fd = 5};
	assert_true(ret->pidfd >= 0);
}

static void fake_ring_end(struct contract_ring *ring)
{
	close(ring->pidfd);
}

const struct contract_port contract_port = {
	.kern_new = fake_kern_new,
	.object = fake_object,
	.ring_start = fake_ring_start,
	.ring_end = fake_ring_end,
};
