/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-chase.c - the request table, with a thread as the program */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "iourd/prog/chase.h"

#define THREADS	 8
#define REQUESTS 2000
#define AT_ONCE	 (CHASE_REQUESTS / THREADS) /* so that the table is full at times */

struct program {
	struct fixture fixture;
	struct chase_params *params;
	pthread_t thread;
	bool plays;
	unsigned int answered;
};

static uint32_t get(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void set(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* Completes requests with value = start + hop_limit; a start of 13 is out of range. */
static void answer(struct program *program, struct chase_request *request)
{
	set(&request->state, CHASE_TAKEN);
	request->hops = request->hop_limit;
	request->offset = request->start;
	request->value = request->start + request->hop_limit;
	request->error = request->start == 13 ? ERANGE : 0;
	__atomic_fetch_add(&program->answered, 1, __ATOMIC_SEQ_CST);
	set(&request->state, CHASE_DONE);
	if (get(&request->waiting))
		syscall(SYS_futex, &request->state, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void *play(void *arg)
{
	struct program *program = arg;
	struct iourd_control *control = &program->fixture.head->control;
	size_t i;

	while (!get(&control->stop)) {
		uint32_t doorbell = get(&control->doorbell);

		for (i = 0; i < CHASE_REQUESTS; i++)
			if (get(&program->params->table[i].state) == CHASE_POSTED)
				answer(program, &program->params->table[i]);
		if (!get(&control->stop))
			syscall(SYS_futex, &control->doorbell, FUTEX_WAIT, doorbell, NULL, NULL, 0);
	}
	return NULL;
}

static void program_init(struct program *program, bool plays)
{
	*program = (struct program){.plays = plays};
	fixture_init(&program->fixture, sizeof(struct chase_params));
	program->params = (struct chase_params *)(program->fixture.head + 1);
	program->fixture.head->life.state = IOURD_RING_RUNNING;
	if (plays)
		assert_int_equal(pthread_create(&program->thread, NULL, play, program), 0);
}

static void program_done(struct program *program)
{
	size_t i;

	iouctl_ring_stop(program->fixture.ring);
	if (program->plays)
		pthread_join(program->thread, NULL);
	for (i = 0; i < CHASE_REQUESTS; i++)
		assert_int_equal(program->params->table[i].state, CHASE_FREE);
	assert_int_equal(program->fixture.head->control.waiters, 0);
	fixture_done(&program->fixture);
}

static void one_request(void **state)
{
	struct iouctl_chase_result result = {};
	struct program program;
	uint32_t ticket = 0;

	program_init(&program, true);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 4096, 5, &ticket), 0);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, ticket, -1, &result), 0);
	assert_int_equal(result.offset, 4096);
	assert_int_equal(result.value, 4101);
	assert_int_equal(result.hops, 5);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, ticket, -1, &result), -EINVAL);
	program_done(&program);
}

static void request_fails(void **state)
{
	struct iouctl_chase_result result = {.value = 42};
	struct program program;
	uint32_t ticket = 0;

	program_init(&program, true);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 13, 5, &ticket), 0);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, ticket, -1, &result), -ERANGE);
	assert_int_equal(result.value, 42);
	program_done(&program);
}

struct worker {
	pthread_t thread;
	const struct iouctl_ring *ring;
	uint64_t number;
	unsigned int answered;
	int error;
};

/* A search can miss the only free entry while others change, so the table can seem full. */
static int post(const struct worker *worker, uint64_t start, uint64_t hop_limit, uint32_t *ret)
{
	int r;

	while ((r = iouctl_chase_post(worker->ring, start, hop_limit, ret)) == -EAGAIN)
		sched_yield();
	return r;
}

/* Posts and awaits several requests at a time. */
static void *work(void *arg)
{
	struct worker *worker = arg;
	uint64_t i, k;

	for (i = 0; i < REQUESTS && worker->error == 0; i += AT_ONCE) {
		struct iouctl_chase_result result;
		uint32_t tickets[AT_ONCE];

		for (k = 0; k < AT_ONCE && worker->error == 0; k++)
			worker->error = post(worker, worker->number << 32 | (i + k) << 8, i + 1,
					     &tickets[k]);
		for (k = 0; k < AT_ONCE && worker->error == 0; k++) {
			worker->error = iouctl_chase_await(worker->ring, tickets[k], -1, &result);
			if (worker->error == 0 &&
			    result.value != (worker->number << 32 | (i + k) << 8) + i + 1)
				worker->error = -EBADMSG;
			worker->answered += worker->error == 0;
		}
	}
	return NULL;
}

static void many_threads(void **state)
{
	struct worker workers[THREADS] = {};
	struct program program;
	size_t i;

	program_init(&program, true);
	for (i = 0; i < THREADS; i++) {
		workers[i].ring = program.fixture.ring;
		workers[i].number = i + 1;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].error, 0);
		assert_int_equal(workers[i].answered, REQUESTS);
	}
	assert_int_equal(__atomic_load_n(&program.answered, __ATOMIC_SEQ_CST), THREADS * REQUESTS);
	program_done(&program);
}

static void table_full(void **state)
{
	uint32_t tickets[CHASE_REQUESTS];
	struct iouctl_chase_result result;
	struct program program;
	uint32_t extra = 7;
	size_t i, k;

	program_init(&program, false);
	for (i = 0; i < CHASE_REQUESTS; i++) {
		assert_int_equal(iouctl_chase_post(program.fixture.ring, i, 1, &tickets[i]), 0);
		for (k = 0; k < i; k++)
			assert_int_not_equal(tickets[i], tickets[k]);
	}
	assert_int_equal(program.fixture.head->control.doorbell, CHASE_REQUESTS);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &extra), -EAGAIN);
	assert_int_equal(extra, 7);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, tickets[3], 20, &result),
			 -ETIMEDOUT);
	for (i = 0; i < CHASE_REQUESTS; i++)
		answer(&program, &program.params->table[i]);
	for (i = 0; i < CHASE_REQUESTS; i++)
		(void)iouctl_chase_await(program.fixture.ring, tickets[i], 0, &result);
	/* an entry that is used again has another ticket */
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &extra), 0);
	for (i = 0; i < CHASE_REQUESTS; i++)
		assert_int_equal(iouctl_chase_await(program.fixture.ring, tickets[i], 0, &result),
				 -EINVAL);
	answer(&program, &program.params->table[extra % CHASE_REQUESTS]);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, extra, 0, &result), 0);
	program_done(&program);
}

#define RACES 1000

struct racer {
	pthread_t thread;
	const struct iouctl_ring *ring;
	pthread_barrier_t *barrier;
	uint32_t *winners; /* number of winners of this race */
	uint32_t *ticket;  /* of the winner */
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	uint32_t ticket;
	int i;

	for (i = 0; i < RACES; i++) {
		pthread_barrier_wait(racer->barrier);
		if (iouctl_chase_post(racer->ring, 0, 1, &ticket) == 0) {
			__atomic_fetch_add(racer->winners, 1, __ATOMIC_SEQ_CST);
			set(racer->ticket, ticket);
		}
		pthread_barrier_wait(racer->barrier);
		pthread_barrier_wait(racer->barrier);
	}
	return NULL;
}

/* Many threads compete for one free entry; one gets it. */
static void race_for_the_last_place(void **state)
{
	struct iouctl_chase_result result;
	struct racer racers[THREADS] = {};
	pthread_barrier_t barrier;
	struct program program;
	uint32_t winners = 0;
	uint32_t ticket = 0;
	uint32_t first[CHASE_REQUESTS - 1];
	size_t i;

	program_init(&program, false);
	for (i = 0; i < CHASE_REQUESTS - 1; i++)
		assert_int_equal(iouctl_chase_post(program.fixture.ring, i, 1, &first[i]), 0);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){.ring = program.fixture.ring,
					   .barrier = &barrier,
					   .winners = &winners,
					   .ticket = &ticket};
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (i = 0; i < RACES; i++) {
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		assert_int_equal(winners, i + 1);
		answer(&program, &program.params->table[ticket % CHASE_REQUESTS]);
		assert_int_equal(iouctl_chase_await(program.fixture.ring, ticket, 0, &result), 0);
		pthread_barrier_wait(&barrier);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(racers[i].thread, NULL);
	pthread_barrier_destroy(&barrier);
	for (i = 0; i < CHASE_REQUESTS - 1; i++) {
		answer(&program, &program.params->table[first[i] % CHASE_REQUESTS]);
		(void)iouctl_chase_await(program.fixture.ring, first[i], 0, &result);
	}
	program_done(&program);
}

static void bad_requests(void **state)
{
	struct iouctl_chase_result result;
	struct program program;
	struct fixture other;
	uint32_t ticket;

	program_init(&program, false);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 0, &ticket), -EINVAL);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, 0, 0, &result), -EINVAL);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, 3, 0, &result), -EINVAL);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, UINT32_MAX, 0, &result), -EINVAL);
	program_done(&program);
	fixture_init(&other, 16); /* not the parameters of chase */
	assert_int_equal(iouctl_chase_post(other.ring, 0, 1, &ticket), -EOPNOTSUPP);
	assert_int_equal(iouctl_chase_await(other.ring, 64, 0, &result), -EOPNOTSUPP);
	fixture_done(&other);
}

/* After the ring has ended, completed requests are returned, and others fail. */
static void ring_ends(void **state)
{
	struct iouctl_chase_result result;
	struct program program;
	uint32_t first, second;

	program_init(&program, false);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &first), 0);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &second), 0);
	answer(&program, &program.params->table[first % CHASE_REQUESTS]);
	program.fixture.head->life.state = IOURD_RING_STOPPED;
	assert_int_equal(iouctl_chase_await(program.fixture.ring, first, -1, &result), 0);
	assert_int_equal(iouctl_chase_await(program.fixture.ring, second, -1, &result),
			 -EOWNERDEAD);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &first), -EOWNERDEAD);
	program_done(&program);
}

static void host_dies(void **state)
{
	struct iouctl_chase_result result;
	struct program program;
	uint32_t ticket;

	program_init(&program, false);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &ticket), 0);
	close(program.fixture.lease);
	program.fixture.lease = -1;
	assert_int_equal(iouctl_chase_await(program.fixture.ring, ticket, -1, &result),
			 -EOWNERDEAD);
	program_done(&program);
}

static void table_scribbled(void **state)
{
	struct iouctl_chase_result result;
	struct program program;
	uint32_t ticket;

	program_init(&program, false);
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &ticket), 0);
	program.params->table[ticket % CHASE_REQUESTS].state = 99;
	assert_int_equal(iouctl_chase_await(program.fixture.ring, ticket, -1, &result), -EPROTO);
	program.params->table[ticket % CHASE_REQUESTS].state = CHASE_FREE;
	assert_int_equal(iouctl_chase_post(program.fixture.ring, 0, 1, &ticket), 0);
	answer(&program, &program.params->table[ticket % CHASE_REQUESTS]);
	program.params->table[ticket % CHASE_REQUESTS].error = INT32_MIN;
	assert_int_equal(iouctl_chase_await(program.fixture.ring, ticket, -1, &result), -EPROTO);
	program_done(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_request),	   cmocka_unit_test(request_fails),
		cmocka_unit_test(many_threads),	   cmocka_unit_test(race_for_the_last_place),
		cmocka_unit_test(table_full),	   cmocka_unit_test(bad_requests),
		cmocka_unit_test(ring_ends),	   cmocka_unit_test(host_dies),
		cmocka_unit_test(table_scribbled),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib chase", tests, NULL, NULL);
}
