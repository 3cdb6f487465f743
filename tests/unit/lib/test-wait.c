/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-wait.c - waiting, progress, doorbell and stop */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

static void wake(uint32_t *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct sleeper {
	pthread_t thread;
	const struct iouctl_ring *ring;
	int result;
	pid_t tid; /* 0: not started yet */
};

static void *sleep_in_ring(void *arg)
{
	struct sleeper *sleeper = arg;

	__atomic_store_n(&sleeper->tid, gettid(), __ATOMIC_SEQ_CST);
	sleeper->result = iouctl_ring_wait(sleeper->ring, -1);
	return NULL;
}

/* Returns when the thread has registered as a waiter and sleeps. */
static void sleeper_start(struct sleeper *sleeper, const struct fixture *fixture)
{
	sleeper->ring = fixture->ring;
	sleeper->result = 1;
	assert_int_equal(pthread_create(&sleeper->thread, NULL, sleep_in_ring, sleeper), 0);
	while (__atomic_load_n(&fixture->head->control.waiters, __ATOMIC_SEQ_CST) == 0)
		sched_yield();
	wait_until_asleep(__atomic_load_n(&sleeper->tid, __ATOMIC_SEQ_CST));
}

static int sleeper_join(struct sleeper *sleeper)
{
	pthread_join(sleeper->thread, NULL);
	return sleeper->result;
}

static void final_states(void **state)
{
	static const uint32_t work[] = {IOURD_WORK_DONE, IOURD_WORK_STOPPED, IOURD_WORK_FAILED};
	static const uint32_t ring[] = {IOURD_RING_STOPPED, IOURD_RING_FAILED, IOURD_RING_ENDED};
	struct fixture fixture;
	size_t i;

	fixture_init(&fixture, 100);
	fixture.head->life.state = IOURD_RING_RUNNING;
	fixture.head->progress.state = IOURD_WORK_RUNNING;
	assert_int_equal(iouctl_ring_wait(fixture.ring, 0), -ETIMEDOUT);
	for (i = 0; i < 3; i++) {
		fixture.head->progress.state = work[i];
		assert_int_equal(iouctl_ring_wait(fixture.ring, 0), 0);
		assert_int_equal(iouctl_ring_wait(fixture.ring, -1), 0);
		fixture.head->progress.state = IOURD_WORK_RUNNING;
		fixture.head->life.state = ring[i];
		assert_int_equal(iouctl_ring_wait(fixture.ring, -1), 0);
		fixture.head->life.state = IOURD_RING_PAUSED;
		assert_int_equal(iouctl_ring_wait(fixture.ring, 0), -ETIMEDOUT);
	}
	assert_int_equal(fixture.head->control.waiters, 0);
	fixture_done(&fixture);
}

static void timeouts(void **state)
{
	struct fixture fixture;
	int64_t start;

	fixture_init(&fixture, 100);
	start = now_ms();
	assert_int_equal(iouctl_ring_wait(fixture.ring, 60), -ETIMEDOUT);
	assert_in_range(now_ms() - start, 59, 5000);
	/* longer than the interval between checks of the lease */
	start = now_ms();
	assert_int_equal(iouctl_ring_wait(fixture.ring, 1200), -ETIMEDOUT);
	assert_in_range(now_ms() - start, 1199, 10000);
	fixture_done(&fixture);
}

static void woken_by_the_program(void **state)
{
	struct sleeper sleeper = {};
	struct fixture fixture;

	fixture_init_opened(&fixture, 100);
	sleeper_start(&sleeper, &fixture);
	wake(&fixture.head->progress.wake); /* spurious */
	__atomic_store_n(&fixture.head->progress.state, IOURD_WORK_DONE, __ATOMIC_SEQ_CST);
	wake(&fixture.head->progress.wake);
	assert_int_equal(sleeper_join(&sleeper), 0);
	assert_int_equal(fixture.head->control.waiters, 0);
	fixture_done(&fixture);
}

static void woken_by_the_daemon(void **state)
{
	struct sleeper sleeper = {};
	struct fixture fixture;

	fixture_init_opened(&fixture, 100); /* without a lease, nothing else ends the sleep */
	sleeper_start(&sleeper, &fixture);
	__atomic_store_n(&fixture.head->life.state, IOURD_RING_ENDED, __ATOMIC_SEQ_CST);
	wake(&fixture.head->life.event);
	assert_int_equal(sleeper_join(&sleeper), 0);
	fixture_done(&fixture);
}

static void owner_died_silently(void **state)
{
	struct sleeper sleeper = {};
	struct fixture fixture;

	fixture_init(&fixture, 100);
	sleeper_start(&sleeper, &fixture);
	close(fixture.lease);
	fixture.lease = -1;
	assert_int_equal(sleeper_join(&sleeper), -EOWNERDEAD);
	assert_int_equal(iouctl_ring_wait(fixture.ring, 0), -EOWNERDEAD);
	/* a stored result takes precedence */
	fixture.head->progress.state = IOURD_WORK_DONE;
	assert_int_equal(iouctl_ring_wait(fixture.ring, 0), 0);
	fixture_done(&fixture);
}

static void on_signal(int number)
{
	(void)number;
}

static void interrupted(void **state)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct sleeper sleeper = {};
	struct fixture fixture;

	fixture_init(&fixture, 100);
	sigaction(SIGUSR1, &action, NULL);
	sleeper_start(&sleeper, &fixture);
	/* until the signal arrives during the sleep */
	while (__atomic_load_n(&fixture.head->control.waiters, __ATOMIC_SEQ_CST) > 0) {
		pthread_kill(sleeper.thread, SIGUSR1);
		sched_yield();
	}
	assert_int_equal(sleeper_join(&sleeper), -EINTR);
	fixture_done(&fixture);
}

static void progress(void **state)
{
	struct iouctl_progress progress;
	struct fixture fixture;

	fixture_init(&fixture, 100);
	fixture.head->life.state = IOURD_RING_RUNNING;
	fixture.head->life.generation = 3;
	fixture.head->life.error = ENODEV;
	fixture.head->progress.state = IOURD_WORK_FAILED;
	fixture.head->progress.done = 1ull << 40;
	fixture.head->progress.total = 1ull << 41;
	fixture.head->progress.error = ENOSPC;
	fixture.head->progress.error_offset = 77;
	fixture.head->progress.error_op = 5;
	fixture.head->progress.error_slot = 1;
	iouctl_ring_progress(fixture.ring, &progress);
	assert_int_equal(progress.ring_state, IOURD_RING_RUNNING);
	assert_int_equal(progress.state, IOURD_WORK_FAILED);
	assert_int_equal(progress.error, ENOSPC);
	assert_true(progress.done == 1ull << 40);
	assert_true(progress.total == 1ull << 41);
	assert_int_equal(progress.error_offset, 77);
	assert_int_equal(progress.error_op, 5);
	assert_int_equal(progress.error_slot, 1);
	assert_int_equal(progress.generation, 3);
	/* the ring's error if the work has none; overwritten fields give values in range */
	fixture.head->progress.error = 0;
	fixture.head->progress.error_slot = 0xffffffff;
	iouctl_ring_progress(fixture.ring, &progress);
	assert_int_equal(progress.error, ENODEV);
	assert_int_equal(progress.error_slot, IOURD_SLOTS_MAX);
	fixture.head->progress.error = INT32_MIN;
	iouctl_ring_progress(fixture.ring, &progress);
	assert_int_equal(progress.error, 0);
	fixture_done(&fixture);
}

struct listener {
	pthread_t thread;
	struct iourd_control *control;
	pid_t tid;
};

static void *wait_for_doorbell(void *arg)
{
	struct listener *listener = arg;
	struct iourd_control *control = listener->control;

	__atomic_store_n(&listener->tid, gettid(), __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&control->doorbell, __ATOMIC_SEQ_CST) == 0)
		syscall(SYS_futex, &control->doorbell, FUTEX_WAIT, 0, NULL, NULL, 0);
	return NULL;
}

/* Returns when it sleeps on the doorbell. */
static void listener_start(struct listener *listener, struct fixture *fixture)
{
	*listener = (struct listener){.control = &fixture->head->control};
	fixture->head->control.doorbell = 0;
	assert_int_equal(pthread_create(&listener->thread, NULL, wait_for_doorbell, listener), 0);
	while (__atomic_load_n(&listener->tid, __ATOMIC_SEQ_CST) == 0)
		sched_yield();
	wait_until_asleep(listener->tid);
}

static void doorbell_and_stop(void **state)
{
	struct listener listener;
	struct fixture fixture;

	fixture_init(&fixture, 100);
	listener_start(&listener, &fixture);
	assert_int_equal(iouctl_ring_doorbell(fixture.ring), 0);
	pthread_join(listener.thread, NULL);
	assert_int_equal(fixture.head->control.doorbell, 1);
	assert_int_equal(fixture.head->control.stop, 0);
	listener_start(&listener, &fixture);
	assert_int_equal(iouctl_ring_stop(fixture.ring), 0);
	pthread_join(listener.thread, NULL);
	assert_int_equal(fixture.head->control.stop, 1);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(final_states),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(woken_by_the_program),
		cmocka_unit_test(woken_by_the_daemon),
		cmocka_unit_test(owner_died_silently),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(progress),
		cmocka_unit_test(doorbell_and_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib wait", tests, NULL, NULL);
}
