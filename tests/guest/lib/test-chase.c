/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-chase.c - requests to a real ring, from many threads, against a model */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "iourd/prog/chase.h"

#define BLOCKS	   4096u
#define BLOCK_SIZE 512u
#define THREADS	   8u
#define REQUESTS   500u

/* The last block's chain ends; one block leads out of the file. */
#define END_BLOCK  (BLOCKS - 1)
#define LOST_BLOCK (BLOCKS - 2)

static uint64_t next_block(uint64_t block)
{
	return (block * 5 + 3) % (BLOCKS - 2);
}

static int make_chains(void)
{
	int fd = make_file(BLOCKS * BLOCK_SIZE);
	struct chase_block block;
	uint64_t i;

	for (i = 0; i < BLOCKS; i++) {
		block.next = next_block(i) * BLOCK_SIZE;
		if (i == END_BLOCK)
			block.next = CHASE_END;
		if (i == LOST_BLOCK)
			block.next = (uint64_t)BLOCKS * 10 * BLOCK_SIZE;
		block.value = i * 1000;
		assert_int_equal(pwrite(fd, &block, sizeof(block), i * BLOCK_SIZE), sizeof(block));
	}
	return fd;
}

struct asker {
	pthread_t thread;
	const struct iouctl_ring *ring;
	unsigned int seed;
	unsigned int answered;
	int error;
	uint64_t hops; /* that the model took */
};

static int ask(struct asker *asker)
{
	uint64_t block = rand_r(&asker->seed) % (BLOCKS - 2);
	uint64_t hop_limit = rand_r(&asker->seed) % 20 + 1;
	struct iouctl_chase_result result;
	uint32_t ticket;
	uint64_t i;
	int r;

	r = iouctl_chase_post(asker->ring, block * BLOCK_SIZE, hop_limit, &ticket);
	if (r == 0)
		r = iouctl_chase_await(asker->ring, ticket, PATIENCE_MS, &result);
	if (r < 0)
		return r;
	for (i = 1; i < hop_limit; i++)
		block = next_block(block);
	asker->hops += hop_limit;
	asker->answered++;
	return result.offset == block * BLOCK_SIZE && result.value == block * 1000 &&
			       result.hops == hop_limit
		       ? 0
		       : -EBADMSG;
}

static void *ask_all(void *arg)
{
	struct asker *asker = arg;
	unsigned int i;

	for (i = 0; i < REQUESTS && asker->error == 0; i++)
		asker->error = ask(asker);
	return NULL;
}

struct chaser {
	struct iouctl *c;
	struct iouctl_ring *ring;
	int fd;
};

static int chaser_start(void **state)
{
	static struct chaser chaser;
	struct iouctl_file file = {"file", make_chains()};

	chaser.fd = file.fd;
	chaser.c = daemon_connect();
	chaser.ring = make_ring(chaser.c, "chase", "{\"block_size\":512}", &file, 1);
	assert_call(chaser.c, 0, iouctl_ring_start(chaser.ring));
	*state = &chaser;
	return 0;
}

static int chaser_stop(void **state)
{
	struct chaser *chaser = *state;

	chaser->ring = iouctl_ring_free(chaser->ring);
	chaser->c = iouctl_free(chaser->c);
	close(chaser->fd);
	return 0;
}

static void threads(void **state)
{
	struct chaser *chaser = *state;
	const struct chase_params *params = iouctl_ring_params(chaser->ring, NULL);
	struct asker askers[THREADS] = {};
	uint64_t hops = 0;
	size_t i;

	for (i = 0; i < THREADS; i++) {
		askers[i].ring = chaser->ring;
		askers[i].seed = i + 1;
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_all, &askers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(askers[i].thread, NULL);
		if (askers[i].error)
			fail_msg("thread %zu after %u answers: %s", i, askers[i].answered,
				 strerror(-askers[i].error));
		hops += askers[i].hops;
	}
	/* every request was answered once: no more, no less */
	assert_int_equal(params->requests, THREADS * REQUESTS);
	assert_int_equal(params->hops, hops);
	for (i = 0; i < CHASE_REQUESTS; i++)
		assert_int_equal(params->table[i].state, CHASE_FREE);
}

static void full_table(void **state)
{
	struct chaser *chaser = *state;
	struct iouctl_chase_result result;
	uint32_t tickets[CHASE_REQUESTS];
	uint32_t i;

	for (i = 0; i < CHASE_REQUESTS; i++)
		assert_int_equal(iouctl_chase_post(chaser->ring, i * BLOCK_SIZE, 3, &tickets[i]),
				 0);
	assert_int_equal(iouctl_chase_post(chaser->ring, 0, 3, &tickets[0]), -EAGAIN);
	for (i = 0; i < CHASE_REQUESTS; i++) {
		assert_int_equal(iouctl_chase_await(chaser->ring, tickets[i], PATIENCE_MS, &result),
				 0);
		assert_int_equal(result.value, next_block(next_block(i)) * 1000);
	}
}

static int one(const struct iouctl_ring *ring, uint64_t start, uint64_t hop_limit,
	       struct iouctl_chase_result *ret)
{
	uint32_t ticket;

	assert_int_equal(iouctl_chase_post(ring, start, hop_limit, &ticket), 0);
	return iouctl_chase_await(ring, ticket, PATIENCE_MS, ret);
}

static void ends_and_errors(void **state)
{
	struct chaser *chaser = *state;
	struct iouctl_chase_result result = {};

	assert_int_equal(one(chaser->ring, END_BLOCK * BLOCK_SIZE, 100, &result), 0);
	assert_int_equal(result.hops, 1);
	assert_int_equal(result.value, END_BLOCK * 1000);
	/* one hop to the block is fine, the next is out of the file, or between two blocks */
	assert_int_equal(one(chaser->ring, LOST_BLOCK * BLOCK_SIZE, 1, &result), 0);
	assert_int_equal(one(chaser->ring, LOST_BLOCK * BLOCK_SIZE, 2, &result), -ERANGE);
	assert_int_equal(one(chaser->ring, (uint64_t)BLOCKS * BLOCK_SIZE, 1, &result), -ERANGE);
	assert_int_equal(one(chaser->ring, 7, 1, &result), -ERANGE);
	/* and the ring goes on */
	assert_int_equal(one(chaser->ring, 0, 2, &result), 0);
	assert_int_equal(result.value, 3000);
}

static void idle_ring_takes_no_step(void **state)
{
	struct chaser *chaser = *state;
	const char *name = iouctl_ring_name(chaser->ring);
	struct iouctl_chase_result result;
	uint64_t steps, before;

	assert_int_equal(one(chaser->ring, 0, 2, &result), 0);
	/* while it is on probation it is made to take some */
	while (ring_says(chaser->c, name, "\"probation\":true"))
		iouctl_ring_wait(chaser->ring, 50);
	/* It may take a step after its answer. After that it takes none for a while. */
	steps = ring_number(chaser->c, name, "steps");
	for (unsigned int i = 0; i < 20; i++) {
		before = steps;
		assert_int_equal(iouctl_ring_wait(chaser->ring, 300), -ETIMEDOUT);
		steps = ring_number(chaser->c, name, "steps");
		if (steps == before)
			break;
	}
	assert_int_equal(steps, before);
	assert_int_equal(one(chaser->ring, 0, 2, &result), 0);
	assert_true(ring_number(chaser->c, name, "steps") > steps);
}

static void stopped_ring(void **state)
{
	struct chaser *chaser = *state;
	uint32_t ticket;

	assert_int_equal(iouctl_ring_stop(chaser->ring), 0);
	assert_int_equal(iouctl_ring_wait(chaser->ring, PATIENCE_MS), 0);
	assert_int_equal(iouctl_chase_post(chaser->ring, 0, 1, &ticket), -EOWNERDEAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads, chaser_start, chaser_stop),
		cmocka_unit_test_setup_teardown(full_table, chaser_start, chaser_stop),
		cmocka_unit_test_setup_teardown(ends_and_errors, chaser_start, chaser_stop),
		cmocka_unit_test_setup_teardown(idle_ring_takes_no_step, chaser_start, chaser_stop),
		cmocka_unit_test_setup_teardown(stopped_ring, chaser_start, chaser_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib chase in the guest", tests, daemon_start, NULL);
}
