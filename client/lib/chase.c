/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * chase.c - requests to the loop program "chase", through the table in the region
 *
 * Every process that has the region open shares the table. This process therefore records its own
 * requests as tickets in private memory: a ticket is valid once, in the process that posted it.
 */
#include <errno.h>
#include <stdlib.h>

#include "iourd/prog/chase.h"
#include "lib/futex.h"
#include "lib/ring.h"

struct chase_tickets {		     /* used by any number of threads */
	uint32_t next;		     /* serial number of the next ticket */
	uint32_t of[CHASE_REQUESTS]; /* the ticket posted in each entry; 0: none */
};

struct chase_tickets *chase_tickets_new(void)
{
	return calloc(1, sizeof(struct chase_tickets));
}

struct chase_tickets *chase_tickets_free(struct chase_tickets *tickets)
{
	free(tickets);
	return NULL;
}

static struct chase_request *table(const struct iouctl_ring *ring)
{
	return ((struct chase_params *)region_params(&ring->region))->table;
}

/* Takes a free entry. Each serial number starts the search at another place. */
static int claim(struct chase_request *requests, uint32_t serial, uint32_t *ret_index)
{
	uint32_t i;

	for (i = 0; i < CHASE_REQUESTS; i++) {
		uint32_t index = (serial + i) % CHASE_REQUESTS;
		uint32_t expected = CHASE_FREE;

		if (!__atomic_compare_exchange_n(&requests[index].state, &expected, CHASE_CLAIMED,
						 false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		*ret_index = index;
		return 0;
	}
	return -EAGAIN;
}

int iouctl_chase_post(const struct iouctl_ring *ring, uint64_t start, uint64_t hop_limit,
		      uint32_t *ret_ticket)
{
	struct chase_request *request;
	uint32_t serial;
	uint32_t ticket;
	uint32_t index;
	int r;

	if (!ring->tickets)
		return -EOPNOTSUPP;
	if (hop_limit == 0)
		return -EINVAL;
	if (ring_is_over(ring))
		return -EOWNERDEAD;
	serial = __atomic_fetch_add(&ring->tickets->next, 1, __ATOMIC_RELAXED);
	r = claim(table(ring), serial, &index);
	if (r < 0)
		return r;
	/* The index is in the low bits; a ticket is never 0. */
	ticket = (serial % (UINT32_MAX / CHASE_REQUESTS) + 1) * CHASE_REQUESTS + index;
	request = &table(ring)[index];
	request->error = 0;
	request->start = start;
	request->hop_limit = hop_limit;
	request->hops = 0;
	request->offset = 0;
	request->value = 0;
	__atomic_store_n(&request->waiting, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->tickets->of[index], ticket, __ATOMIC_RELEASE);
	__atomic_store_n(&request->state, CHASE_POSTED, __ATOMIC_RELEASE);
	iouctl_ring_doorbell(ring);
	*ret_ticket = ticket;
	return 0;
}

/* 0 if the request is done, otherwise the reason why it is not. */
static int wait_for_result(const struct iouctl_ring *ring, struct chase_request *request,
			   int64_t deadline)
{
	struct ring_snapshot now;
	uint32_t state;
	int r;

	do {
		now = ring_snapshot(ring);
		/* After the snapshot: the ring may have completed the request just before it ended.
		 */
		state = __atomic_load_n(&request->state, __ATOMIC_SEQ_CST);
		if (state == CHASE_DONE)
			return 0;
		if (state != CHASE_POSTED && state != CHASE_TAKEN)
			return -EPROTO;
		if (now.over || now.host_gone)
			return -EOWNERDEAD;
		r = ring_sleep(ring, &now, &request->state, state, deadline);
	} while (r == 0);
	return r;
}

static int take_result(const struct chase_request *request, struct iouctl_chase_result *ret)
{
	struct iouctl_chase_result result = {
		.offset = request->offset,
		.value = request->value,
		.hops = request->hops,
	};
	int error = __atomic_load_n(&request->error, __ATOMIC_RELAXED);

	if (error != 0)
		return error > 0 && error < 4096 ? -error : -EPROTO;
	*ret = result;
	return 0;
}

int iouctl_chase_await(const struct iouctl_ring *ring, uint32_t ticket, int timeout_ms,
		       struct iouctl_chase_result *ret)
{
	uint32_t index = ticket % CHASE_REQUESTS;
	uint32_t *waiters = &ring->region.head->control.waiters;
	struct chase_request *request;
	uint32_t expected = ticket;
	int r;

	if (!ring->tickets)
		return -EOPNOTSUPP;
	if (ticket < CHASE_REQUESTS || load(&ring->tickets->of[index]) != ticket)
		return -EINVAL;
	request = &table(ring)[index];
	__atomic_fetch_add(waiters, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&request->waiting, 1, __ATOMIC_SEQ_CST);
	r = wait_for_result(ring, request, deadline_ns(timeout_ms));
	__atomic_store_n(&request->waiting, 0, __ATOMIC_RELAXED);
	__atomic_fetch_sub(waiters, 1, __ATOMIC_SEQ_CST);
	if (r == -ETIMEDOUT || r == -EINTR)
		return r;
	if (!__atomic_compare_exchange_n(&ring->tickets->of[index], &expected, 0, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return -EINVAL; /* another thread has awaited it in the meantime */
	if (r == -EPROTO)
		return r; /* another process writes to the entry, so its state is unknown */
	if (r == 0)
		r = take_result(request, ret);
	__atomic_store_n(&request->state, CHASE_FREE, __ATOMIC_RELEASE);
	return r;
}
