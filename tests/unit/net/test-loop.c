/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loop's reaper and signals, timers, and the pool of threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/loop.h"
#include "net/pool.h"
#include "net/timers.h"
#include "common/container-of.h"

/* ---- reaping ---- */

struct mortal {
	struct reap reap;
	struct loop *loop;
	struct mortal *takes_along;
	unsigned int *buried;
};

static void bury(struct reap *reap)
{
	struct mortal *mortal = container_of(reap, struct mortal, reap);

	(*mortal->buried)++;
	if (mortal->takes_along)
		loop_reap(mortal->loop, &mortal->takes_along->reap);
	free(mortal);
}

static struct mortal *mortal_new(struct loop *loop, unsigned int *buried)
{
	struct mortal *made = calloc(1, sizeof(*made));

	assert_non_null(made);
	made->reap.free = bury;
	made->loop = loop;
	made->buried = buried;
	return made;
}

static void test_reap(void **state)
{
	unsigned int buried = 0;
	struct mortal *first;
	struct loop *loop;

	assert_int_equal(loop_new(&loop), 0);
	first = mortal_new(loop, &buried);
	first->takes_along = mortal_new(loop, &buried);
	loop_reap(loop, &first->reap);
	assert_int_equal(buried, 0);
	loop_run_once(loop);
	assert_int_equal(buried, 2);
	loop_reap(loop, &mortal_new(loop, &buried)->reap);
	loop_free(loop);
	assert_int_equal(buried, 3);
}

static void see_signal(void *arg, int number)
{
	struct loop *loop = arg;

	assert_int_equal(number, SIGUSR1);
	loop_break(loop);
}

static void test_signal(void **state)
{
	struct signal_source *source;
	struct loop *loop;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(signal_source_new(loop, SIGUSR1, see_signal, loop, &source), 0);
	raise(SIGUSR1);
	loop_run(loop);
	signal_source_free(source);
	loop_free(loop);
}

/* ---- timers ---- */

struct alarm_clock {
	struct timer timer;
	struct clock_port *clock;
	unsigned int rings;
	unsigned int again;
};

static void ring(struct timer *timer)
{
	struct alarm_clock *alarm_clock = container_of(timer, struct alarm_clock, timer);

	assert_false(timer->armed);
	alarm_clock->rings++;
	if (alarm_clock->again-- > 0)
		alarm_clock->clock->start(alarm_clock->clock, timer, 1);
}

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void test_timers(void **state)
{
	struct alarm_clock soon = {.timer.fire = ring, .again = 2}, never = {.timer.fire = ring};
	struct loop_clock clock;
	struct loop *loop;
	double start;

	assert_int_equal(loop_new(&loop), 0);
	loop_clock_init(&clock, loop);
	soon.clock = never.clock = &clock.port;
	/* started late in a turn of the loop: the wait counts from now, not from the turn's start
	 */
	usleep(30000);
	start = now();
	clock.port.start(&clock.port, &soon.timer, 30);
	clock.port.start(&clock.port, &never.timer, 1);
	clock.port.start(&clock.port, &never.timer, 1000000); /* moved */
	clock.port.cancel(&clock.port, &never.timer);
	clock.port.cancel(&clock.port, &never.timer);
	loop_run(loop); /* ends when nothing is left to wait for */
	assert_true(now() - start >= 0.029);
	assert_int_equal(soon.rings, 3);
	assert_int_equal(never.rings, 0);
	loop_free(loop);
}

/* ---- jobs ---- */

#define JOBS 64

struct work {
	struct job job;
	struct pool *pool;
	pthread_t thread;
	unsigned int again;
	atomic_uint worked;
	unsigned int done;
};

static pthread_barrier_t all_busy;

static void do_work(struct job *job)
{
	struct work *work = container_of(job, struct work, job);

	work->thread = pthread_self();
	work->worked++;
}

static void note_done(struct job *job)
{
	struct work *work = container_of(job, struct work, job);

	work->done++;
	assert_int_equal(work->worked, work->done);
	assert_false(pthread_equal(work->thread, pthread_self()));
	if (work->again-- > 0)
		pool_executor(work->pool)->submit(pool_executor(work->pool), job);
}

static void test_jobs(void **state)
{
	struct work work[JOBS] = {0};
	struct loop *loop;
	struct pool *pool;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(pool_new(loop, &pool), 0);
	for (size_t i = 0; i < JOBS; i++) {
		work[i].job = (struct job){.work = do_work, .done = note_done};
		work[i].pool = pool;
		work[i].again = 3;
		pool_executor(pool)->submit(pool_executor(pool), &work[i].job);
		assert_int_equal(work[i].done, 0);
	}
	loop_run(loop); /* as long as there are jobs */
	for (size_t i = 0; i < JOBS; i++)
		assert_int_equal(work[i].done, 4);
	pool_free(pool);
	loop_free(loop);
}

static void wait_for_others(struct job *job)
{
	struct work *work = container_of(job, struct work, job);

	pthread_barrier_wait(&all_busy);
	do_work(&work->job);
}

/* As many at the same time as there are threads: otherwise this would never end. */
static void test_jobs_at_the_same_time(void **state)
{
	struct work work[POOL_THREADS] = {0};
	struct loop *loop;
	struct pool *pool;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(pool_new(loop, &pool), 0);
	pthread_barrier_init(&all_busy, NULL, POOL_THREADS);
	for (size_t i = 0; i < POOL_THREADS; i++) {
		work[i].job = (struct job){
			.work = wait_for_others,
			.done = note_done,
			.uid = (uid_t)(i / POOL_THREADS_PER_USER),
		};
		pool_executor(pool)->submit(pool_executor(pool), &work[i].job);
	}
	loop_run(loop);
	for (size_t i = 0; i < POOL_THREADS; i++)
		assert_int_equal(work[i].done, 1);
	pthread_barrier_destroy(&all_busy);
	pool_free(pool);
	loop_free(loop);
}

static sem_t released;
static atomic_uint hanging;

static void hang(struct job *job)
{
	struct work *work = container_of(job, struct work, job);

	hanging++;
	sem_wait(&released);
	hanging--;
	do_work(&work->job);
}

static void release_all(struct job *job)
{
	struct work *work = container_of(job, struct work, job);

	assert_int_equal(hanging, POOL_THREADS_PER_USER);
	for (size_t i = 0; i < JOBS; i++)
		sem_post(&released);
	note_done(&work->job);
}

/* The jobs of one user hang, and those of another are done. */
static void test_jobs_that_hang(void **state)
{
	struct work work[JOBS] = {0}, other[JOBS] = {0};
	struct loop *loop;
	struct pool *pool;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(pool_new(loop, &pool), 0);
	assert_int_equal(sem_init(&released, 0, 0), 0);
	for (size_t i = 0; i < JOBS; i++) {
		work[i].job = (struct job){.work = hang, .done = note_done, .uid = 1000};
		pool_executor(pool)->submit(pool_executor(pool), &work[i].job);
	}
	while (hanging < POOL_THREADS_PER_USER)
		sched_yield();
	for (size_t i = 0; i < JOBS; i++) {
		other[i].job = (struct job){.work = do_work, .done = note_done, .uid = 1001};
		if (i == JOBS - 1)
			other[i].job.done = release_all;
		pool_executor(pool)->submit(pool_executor(pool), &other[i].job);
	}
	loop_run(loop);
	for (size_t i = 0; i < JOBS; i++) {
		assert_int_equal(work[i].done, 1);
		assert_int_equal(other[i].done, 1);
	}
	sem_destroy(&released);
	pool_free(pool);
	loop_free(loop);
}

/* Freed with work under way, and with work that nobody has begun. */
static void test_pool_ends_early(void **state)
{
	struct work work[JOBS] = {0};
	struct loop *loop;
	struct pool *pool;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(pool_new(loop, &pool), 0);
	for (size_t i = 0; i < JOBS; i++) {
		work[i].job = (struct job){.work = do_work, .done = note_done};
		pool_executor(pool)->submit(pool_executor(pool), &work[i].job);
	}
	pool_free(pool);
	for (size_t i = 0; i < JOBS; i++)
		assert_int_equal(work[i].done, 0);
	loop_run(loop); /* nothing keeps it */
	assert_int_equal(pool_new(loop, &pool), 0);
	pool_free(pool);
	pool_free(NULL);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reap),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_jobs_at_the_same_time),
		cmocka_unit_test(test_jobs_that_hang),
		cmocka_unit_test(test_pool_ends_early),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net-loop", tests, NULL, NULL);
}
