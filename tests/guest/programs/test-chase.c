// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-chase.c - requests through the table, against a model that walks the same chains */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <liburing/io_uring.h>

#include "iourd/prog/chase.h"
#include "rig.h"

#define BLOCKS	 2000u
#define THREADS	 4u
#define PATIENCE (RIG_PATIENCE * UINT64_C(1000000000)) /* ns */

static struct rig_program chase;

struct chasing {
	struct rig rig;
	int file;
	struct chase_params *params;
	uint32_t block_size;
	uint64_t next[BLOCKS]; /* of the file's blocks */
};

/* One random cycle through all blocks but the last few, which lead to bad places. */
#define BAD_ODD	 (BLOCKS - 1) /* to an offset that is no multiple */
#define BAD_FAR	 (BLOCKS - 2) /* behind the end of the file */
#define BAD_HUGE (BLOCKS - 3) /* to what is no offset at all */
#define TO_TAIL	 (BLOCKS - 4) /* to the block that the file has only a part of */
#define LAST	 (BLOCKS - 5) /* to the end */
#define CYCLE	 (BLOCKS - 5)

static void make_file(struct chasing *chasing)
{
	static uint32_t order[CYCLE];
	char path[256], *block;
	uint32_t size = chasing->block_size;

	srandom(7);
	for (uint32_t i = 0; i < CYCLE; i++)
		order[i] = i;
	for (uint32_t i = CYCLE - 1; i > 0; i--) {
		uint32_t j = random() % (i + 1), t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
	for (uint32_t i = 0; i < CYCLE; i++)
		chasing->next[order[i]] = (uint64_t)order[(i + 1) % CYCLE] * size;
	chasing->next[LAST] = CHASE_END;
	chasing->next[TO_TAIL] = (uint64_t)BLOCKS * size;
	chasing->next[BAD_HUGE] = ~UINT64_C(0) - size + 1;
	chasing->next[BAD_FAR] = (uint64_t)(BLOCKS + 50) * size;
	chasing->next[BAD_ODD] = size + 8;

	snprintf(path, sizeof(path), "%s/chain", rig_directory());
	chasing->file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(chasing->file >= 0);
	block = calloc(1, size);
	assert_non_null(block);
	for (uint64_t i = 0; i < BLOCKS; i++) {
		struct chase_block *head = (struct chase_block *)block;

		head->next = chasing->next[i];
		head->value = i * 3 + 1;
		assert_int_equal(pwrite(chasing->file, block, size, i * size), size);
	}
	assert_int_equal(pwrite(chasing->file, block, 100, (uint64_t)BLOCKS * size), 100);
	free(block);
}

static void chasing_init(struct chasing *chasing, uint32_t block_size, bool swappable)
{
	chasing->block_size = block_size;
	make_file(chasing);
	rig_init(&chasing->rig, &chase,
		 &(struct rig_options){
			 .files = &chasing->file, .n_files = 1, .swappable = swappable});
	chasing->params = chasing->rig.params;
	chasing->params->block_size = block_size;
}

static void chasing_done(struct chasing *chasing)
{
	rig_done(&chasing->rig);
	close(chasing->file);
}

/* What the result must be. */
static struct chase_request model(const struct chasing *chasing, uint64_t start, uint64_t hop_limit)
{
	struct chase_request request = {.offset = start};
	uint64_t at = start;

	if (!hop_limit) {
		request.error = EINVAL;
		return request;
	}
	while (1) {
		if (at % chasing->block_size ||
		    at >= (uint64_t)(BLOCKS + 1) * chasing->block_size) {
			request.error = ERANGE;
			/* the offset of a read that failed, or of the last block */
			if (at % chasing->block_size == 0 && at <= INT64_MAX)
				request.offset = at;
			return request;
		}
		request.offset = at;
		if (at == (uint64_t)BLOCKS * chasing->block_size) {
			request.error = EIO;
			return request;
		}
		request.value = at / chasing->block_size * 3 + 1;
		if (++request.hops == hop_limit ||
		    chasing->next[at / chasing->block_size] == CHASE_END)
			return request;
		at = chasing->next[at / chasing->block_size];
	}
}

static struct chase_request *claim(struct chasing *chasing)
{
	for (uint32_t i = 0;; i = (i + 1) % CHASE_REQUESTS) {
		uint32_t free = CHASE_FREE;

		if (__atomic_compare_exchange_n(&chasing->params->table[i].state, &free,
						CHASE_CLAIMED, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return &chasing->params->table[i];
	}
}

static void post(struct chasing *chasing, struct chase_request *request, uint64_t start,
		 uint64_t hop_limit)
{
	uint32_t *doorbell = &chasing->rig.head->control.doorbell;

	request->start = start;
	request->hop_limit = hop_limit;
	request->waiting = 0;
	__atomic_store_n(&request->state, CHASE_POSTED, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(doorbell, 1, __ATOMIC_SEQ_CST);
	rig_futex_wake(doorbell);
}

/* Sleeps until the answer is there: a wake-up that is lost fails the test. */
static struct chase_request await(struct chase_request *request)
{
	struct chase_request answer;
	uint64_t start = rig_now();
	uint32_t state;

	__atomic_store_n(&request->waiting, 1, __ATOMIC_SEQ_CST);
	while ((state = __atomic_load_n(&request->state, __ATOMIC_SEQ_CST)) != CHASE_DONE &&
	       rig_now() - start < PATIENCE)
		rig_futex_wait(&request->state, state, PATIENCE / 1000000);
	if (rig_now() - start >= PATIENCE)
		fail_msg("state %u, and nobody woke us", state);
	answer = *request;
	__atomic_store_n(&request->state, CHASE_FREE, __ATOMIC_RELEASE);
	return answer;
}

static void assert_answer(const struct chasing *chasing, struct chase_request answer,
			  uint64_t start, uint64_t hop_limit)
{
	struct chase_request wanted = model(chasing, start, hop_limit);

	if (answer.error != wanted.error || answer.hops != wanted.hops ||
	    answer.offset != wanted.offset || answer.value != wanted.value)
		fail_msg("from %llu, %llu hops at most: error %d, %llu hops, offset %llu, value "
			 "%llu; wanted %d, %llu, %llu, %llu",
			 (unsigned long long)start, (unsigned long long)hop_limit, answer.error,
			 (unsigned long long)answer.hops, (unsigned long long)answer.offset,
			 (unsigned long long)answer.value, wanted.error,
			 (unsigned long long)wanted.hops, (unsigned long long)wanted.offset,
			 (unsigned long long)wanted.value);
}

static void ask(struct chasing *chasing, uint64_t start, uint64_t hop_limit)
{
	struct chase_request *request = claim(chasing);

	post(chasing, request, start, hop_limit);
	assert_answer(chasing, await(request), start, hop_limit);
}

static void end(struct chasing *chasing)
{
	rig_stop(&chasing->rig);
	assert_true(rig_await(&chasing->rig));
	assert_int_equal(rig_join(&chasing->rig), 0);
	assert_int_equal(chasing->rig.head->progress.state, IOURD_WORK_STOPPED);
	assert_int_equal(chasing->rig.head->progress.flight, 0);
	assert_int_equal(chasing->params->active, 0);
}

static void one_at_a_time(void **state)
{
	static const uint32_t block_sizes[] = {512, 1000, 4096};
	static struct chasing chasing;

	for (size_t i = 0; i < sizeof(block_sizes) / sizeof(block_sizes[0]); i++) {
		uint32_t size = block_sizes[i];

		chasing_init(&chasing, size, false);
		rig_start(&chasing.rig);
		ask(&chasing, 0, 1);
		ask(&chasing, 0, 2);
		ask(&chasing, 5 * size, 3000);
		ask(&chasing, (uint64_t)LAST * size, 10);
		ask(&chasing, 0, 0);
		ask(&chasing, 1, 5);
		ask(&chasing, size - 1, 5);
		ask(&chasing, (uint64_t)BLOCKS * size, 5);
		ask(&chasing, (uint64_t)(BLOCKS + 1) * size, 5);
		ask(&chasing, ~UINT64_C(0), 5);
		ask(&chasing, UINT64_C(1) << 63, 5);
		ask(&chasing, (uint64_t)BAD_ODD * size, 5);
		ask(&chasing, (uint64_t)BAD_FAR * size, 5);
		ask(&chasing, (uint64_t)BAD_HUGE * size, 5);
		ask(&chasing, (uint64_t)TO_TAIL * size, 5);
		end(&chasing);
		assert_int_equal(chasing.params->requests, 15);
		chasing_done(&chasing);
	}
}

static void all_at_once(void **state)
{
	static struct chasing chasing;
	struct chase_request *requests[CHASE_REQUESTS];

	chasing_init(&chasing, 4096, false);
	rig_start(&chasing.rig);
	for (unsigned int round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < CHASE_REQUESTS; i++) {
			requests[i] = claim(&chasing);
			post(&chasing, requests[i], (i * 31 + round) * 4096, i * 10 + 1);
		}
		for (uint32_t i = 0; i < CHASE_REQUESTS; i++)
			assert_answer(&chasing, await(requests[i]), (i * 31 + round) * 4096,
				      i * 10 + 1);
	}
	assert_int_equal(chasing.params->requests, 5 * CHASE_REQUESTS);
	end(&chasing);
	chasing_done(&chasing);
}

struct worker {
	pthread_t thread;
	struct chasing *chasing;
	unsigned int seed;
};

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (unsigned int i = 0; i < 300; i++)
		ask(worker->chasing, rand_r(&worker->seed) % CYCLE * 4096,
		    rand_r(&worker->seed) % 20 + 1);
	return NULL;
}

static void many_threads(void **state)
{
	struct worker workers[THREADS];
	static struct chasing chasing;

	chasing_init(&chasing, 4096, false);
	rig_start(&chasing.rig);
	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.chasing = &chasing, .seed = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	assert_int_equal(chasing.params->requests, THREADS * 300);
	end(&chasing);
	chasing_done(&chasing);
}

static void idle_takes_no_step(void **state)
{
	static struct chasing chasing;
	uint64_t steps, before;

	chasing_init(&chasing, 4096, true);
	rig_start(&chasing.rig);
	ask(&chasing, 0, 10);
	steps = rig_steps(&chasing.rig);
	assert_true(steps > 0);
	/* It may take a step after its answer. After that it takes none for half a second. */
	for (unsigned int i = 0; i < 20; i++) {
		before = steps;
		usleep(500000);
		steps = rig_steps(&chasing.rig);
		if (steps == before)
			break;
	}
	assert_int_equal(steps, before);
	ask(&chasing, 0, 10);
	assert_true(rig_steps(&chasing.rig) > steps);
	end(&chasing);
	chasing_done(&chasing);
}

/* What is being followed is followed to its end; what is posted later is refused, or not taken. */
static void stops(void **state)
{
	struct chase_request *before, *after, answer;
	static struct chasing chasing;

	chasing_init(&chasing, 4096, false);
	rig_start(&chasing.rig);
	before = claim(&chasing);
	post(&chasing, before, 0, 20000);
	while (__atomic_load_n(&before->state, __ATOMIC_ACQUIRE) != CHASE_TAKEN)
		usleep(100);
	__atomic_store_n(&chasing.rig.head->control.stop, 1, __ATOMIC_SEQ_CST);
	after = claim(&chasing);
	post(&chasing, after, 0, 5);
	answer = await(after);
	assert_int_equal(answer.error, ECANCELED);
	assert_int_equal(answer.hops, 0);
	assert_answer(&chasing, await(before), 0, 20000);
	assert_true(rig_await(&chasing.rig));
	assert_int_equal(rig_join(&chasing.rig), 0);
	assert_int_equal(chasing.rig.head->progress.state, IOURD_WORK_STOPPED);
	chasing_done(&chasing);
}

/* Stopped before it began: posted, but never followed. */
static void stops_at_once(void **state)
{
	static struct chasing chasing;
	struct chase_request *request;

	chasing_init(&chasing, 4096, false);
	request = claim(&chasing);
	post(&chasing, request, 0, 5);
	rig_stop(&chasing.rig);
	rig_start(&chasing.rig);
	assert_int_equal(await(request).error, ECANCELED);
	assert_int_equal(rig_join(&chasing.rig), 0);
	chasing_done(&chasing);
}

/* Requests are answered with what the read failed with; without a doorbell there is no service. */
static void refused_requests(void **state)
{
	static struct chasing chasing;
	struct chase_request *request;

	chasing.block_size = 4096;
	make_file(&chasing);
	rig_init(&chasing.rig, &chase,
		 &(struct rig_options){.files = &chasing.file,
				       .n_files = 1,
				       .forbid = 1ull << IORING_OP_READ_FIXED});
	chasing.params = chasing.rig.params;
	rig_start(&chasing.rig);
	for (unsigned int i = 0; i < 10; i++) {
		request = claim(&chasing);
		post(&chasing, request, i * 4096, 10);
		assert_int_equal(await(request).error, EACCES);
	}
	end(&chasing);
	chasing_done(&chasing);

	make_file(&chasing);
	rig_init(&chasing.rig, &chase,
		 &(struct rig_options){.files = &chasing.file,
				       .n_files = 1,
				       .forbid = 1ull << IORING_OP_FUTEX_WAIT});
	chasing.params = chasing.rig.params;
	rig_start(&chasing.rig);
	assert_true(rig_await(&chasing.rig));
	assert_int_equal(rig_join(&chasing.rig), 0);
	assert_int_equal(chasing.rig.head->progress.state, IOURD_WORK_FAILED);
	assert_int_equal(chasing.rig.head->progress.error, EACCES);
	assert_int_equal(chasing.rig.head->progress.error_op, IORING_OP_FUTEX_WAIT);
	chasing_done(&chasing);
}

static int load(void **state)
{
	rig_program_init(&chase, "chase");
	return 0;
}

static int unload(void **state)
{
	rig_program_done(&chase);
	return rig_check_kernel_log(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(many_threads),
		cmocka_unit_test(idle_takes_no_step),
		cmocka_unit_test(stops),
		cmocka_unit_test(stops_at_once),
		cmocka_unit_test(refused_requests),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("programs-chase", tests, load, unload);
}
