/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wait.c - waiting on a region's words, without the daemon
 *
 * Who changes a state raises a word and wakes its sleepers; who waits reads the word, then the
 * state, then sleeps unless the word has changed. control.waiters is raised before the state is
 * read, so a program that changes the state and then sees no waiters need not wake anybody.
 */
#include <errno.h>
#include <poll.h>

#include "lib/futex.h"
#include "lib/ring.h"

/* A host that dies together with its daemon wakes nobody: look after the lease this often. */
#define LEASE_CHECK_NS INT64_C(1000000000)

bool ring_is_over(const struct iouctl_ring *ring)
{
	uint32_t ring_state = load(&ring->region.head->life.state);
	uint32_t work_state = load(&ring->region.head->progress.state);

	return work_state == IOURD_WORK_DONE || work_state == IOURD_WORK_STOPPED ||
	       work_state == IOURD_WORK_FAILED || ring_state == IOURD_RING_STOPPED ||
	       ring_state == IOURD_RING_FAILED || ring_state == IOURD_RING_ENDED;
}

static bool is_orphan(const struct iouctl_ring *ring)
{
	struct pollfd lease = {.fd = ring->lease_fd, .events = POLLIN | POLLRDHUP};

	return ring->lease_fd >= 0 && poll(&lease, 1, 0) > 0;
}

struct ring_look ring_look(const struct iouctl_ring *ring)
{
	const struct iourd_head *head = ring->region.head;
	struct ring_look look = {};

	look.event = load(&head->life.event);
	look.wake = load(&head->progress.wake);
	look.orphan = is_orphan(ring);
	look.over = ring_is_over(ring); /* after the lease: a last word may have been left */
	return look;
}

int ring_sleep(const struct iouctl_ring *ring, const struct ring_look *look, const uint32_t *word,
	       uint32_t value, int64_t deadline)
{
	const struct iourd_head *head = ring->region.head;
	const struct futex_expect expect[] = {
		{&head->life.event, look->event},
		{&head->progress.wake, look->wake},
		{word, value},
	};
	int64_t now = now_ns();
	int64_t until = deadline;
	int r;

	if (now >= deadline)
		return -ETIMEDOUT;
	if (ring->lease_fd >= 0 && deadline - now > LEASE_CHECK_NS)
		until = now + LEASE_CHECK_NS;
	r = futex_wait_any(expect, word ? 3 : 2, until);
	return r == -ETIMEDOUT && until != deadline ? 0 : r;
}

static int wait_for_work(const struct iouctl_ring *ring, int64_t deadline)
{
	struct ring_look look;
	int r;

	do {
		look = ring_look(ring);
		if (look.over)
			return 0;
		if (look.orphan)
			return -EOWNERDEAD;
		r = ring_sleep(ring, &look, NULL, 0, deadline);
	} while (r == 0);
	return r;
}

int iouctl_ring_wait(const struct iouctl_ring *ring, int timeout_ms)
{
	uint32_t *waiters = &ring->region.head->control.waiters;
	int r;

	__atomic_fetch_add(waiters, 1, __ATOMIC_SEQ_CST);
	r = wait_for_work(ring, deadline_ns(timeout_ms));
	__atomic_fetch_sub(waiters, 1, __ATOMIC_SEQ_CST);
	return r;
}
