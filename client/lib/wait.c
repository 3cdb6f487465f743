/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wait.c - waits on words of a region, without the daemon
 *
 * A writer changes a state, then increments a word and wakes its sleepers. A waiter reads the word,
 * then the state, then sleeps unless the word has changed. It increments control.waiters before it
 * reads the state, so a program that changes the state and sees no waiters need not wake anybody.
 */
#include <errno.h>
#include <poll.h>

#include "lib/futex.h"
#include "lib/ring.h"

/* If host and daemon die together, nobody wakes the waiters. Check the lease at this interval. */
#define LEASE_CHECK_NS INT64_C(1000000000)
/* How long the daemon has to store the end of a ring whose host is gone. */
#define END_NS INT64_C(1000000000)

bool ring_is_over(const struct iouctl_ring *ring)
{
	uint32_t ring_state = load(&ring->region.head->life.state);
	uint32_t work_state = load(&ring->region.head->progress.state);

	return work_state == IOURD_WORK_DONE || work_state == IOURD_WORK_STOPPED ||
	       work_state == IOURD_WORK_FAILED || ring_state == IOURD_RING_STOPPED ||
	       ring_state == IOURD_RING_FAILED || ring_state == IOURD_RING_ENDED;
}

static bool host_is_gone(const struct iouctl_ring *ring)
{
	struct pollfd lease = {.fd = ring->lease_fd, .events = POLLIN | POLLRDHUP};

	return ring->lease_fd >= 0 && poll(&lease, 1, 0) > 0;
}

struct ring_snapshot ring_snapshot(const struct iouctl_ring *ring)
{
	const struct iourd_head *head = ring->region.head;
	struct ring_snapshot now = {};

	now.event = load(&head->life.event);
	now.wake = load(&head->progress.wake);
	now.host_gone = host_is_gone(ring);
	now.over = ring_is_over(
		ring); /* after the lease: the host may store a state before it exits */
	return now;
}

int ring_sleep(const struct iouctl_ring *ring, const struct ring_snapshot *seen,
	       const uint32_t *word, uint32_t value, int64_t deadline)
{
	const struct iourd_head *head = ring->region.head;
	const struct futex_expect expect[] = {
		{&head->life.event, seen->event},
		{&head->progress.wake, seen->wake},
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

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int wait_for_work(const struct iouctl_ring *ring, int64_t deadline)
{
	struct ring_snapshot seen;
	bool gone = false;
	int r;

	do {
		seen = ring_snapshot(ring);
		if (seen.over)
			return 0;
		if (seen.host_gone && !gone) {
			gone = true;
			deadline = earlier(deadline, now_ns() + END_NS);
		}
		r = ring_sleep(ring, &seen, NULL, 0, deadline);
	} while (r == 0);
	return gone && r == -ETIMEDOUT ? -EOWNERDEAD : r;
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
