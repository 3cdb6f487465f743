/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/control.h"
#include "iouring-host/runner.h"
#include "common/loop-ring.h"

#define STACK_SIZE   (64u << 10)
#define SIGNAL_LEAVE CONTROL_SIGNAL

enum order { ORDER_NONE, ORDER_RUN, ORDER_TAKEN, ORDER_PAUSE };

static void futex(uint32_t *word, int operation, uint32_t value)
{
	syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void order(struct runner *runner, enum order what)
{
	__atomic_store_n(&runner->order, what, __ATOMIC_SEQ_CST);
}

static bool is_ordered(struct runner *runner, enum order what)
{
	return __atomic_load_n(&runner->order, __ATOMIC_SEQ_CST) == what;
}

static void publish(struct runner *runner, enum runner_state state, int result)
{
	const uint64_t one = 1;
	ssize_t n;

	runner->result = result;
	__atomic_store_n(&runner->state, state, __ATOMIC_RELEASE);
	n = write(runner->notify_fd, &one, sizeof(one));
	(void)n; /* an eventfd's counter does not overflow by ones */
}

static void wait_for_run(struct runner *runner)
{
	uint32_t seen;

	while ((seen = __atomic_load_n(&runner->order, __ATOMIC_SEQ_CST)) != ORDER_RUN)
		futex(&runner->order, FUTEX_WAIT, seen);
	order(runner, ORDER_TAKEN);
}

static void run_once(struct runner *runner)
{
	bool left;
	int r;

	publish(runner, RUNNER_RUNNING, 0);
	/* A signal without an order: of runner_yield(), of the daemon, or of the client. */
	for (;;) {
		r = loop_ring_enter(runner->ring_fd);
		if (r != -EINTR || !is_ordered(runner, ORDER_TAKEN))
			break;
		sched_yield();
	}
	left = is_ordered(runner, ORDER_PAUSE) && (r >= 0 || r == -EINTR);
	publish(runner, left ? RUNNER_PAUSED : RUNNER_RETURNED, r);
}

static _Noreturn void *run_thread(void *arg)
{
	struct runner *runner = arg;
	sigset_t leave;
	int r;

	sigemptyset(&leave);
	sigaddset(&leave, SIGNAL_LEAVE);
	pthread_sigmask(SIG_UNBLOCK, &leave, NULL);
	__atomic_store_n(&runner->tid, gettid(), __ATOMIC_RELEASE);
	futex((uint32_t *)&runner->tid, FUTEX_WAKE, 1);

	wait_for_run(runner);
	r = loop_ring_enable(runner->ring_fd);
	if (r < 0)
		publish(runner, RUNNER_REFUSED, r); /* the main thread ends the process */
	for (;;) {
		if (r == 0)
			run_once(runner);
		wait_for_run(runner);
	}
}

static void on_leave(int number)
{
	/* It is there to make io_uring_enter return. */
	(void)number;
}

/* Blocked here and in whatever is started from here: only the runner opens it. */
static int catch_signal(void)
{
	struct sigaction action = {.sa_handler = on_leave}; /* no SA_RESTART */
	sigset_t leave;

	sigemptyset(&leave);
	sigaddset(&leave, SIGNAL_LEAVE);
	if (sigprocmask(SIG_BLOCK, &leave, NULL) < 0 || sigaction(SIGNAL_LEAVE, &action, NULL) < 0)
		return -errno;
	return 0;
}

static int create_thread(struct runner *runner)
{
	pthread_attr_t attributes;
	int r;

	r = -pthread_attr_init(&attributes);
	if (r < 0)
		return r;
	r = -pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (r == 0)
		r = -pthread_create(&runner->thread, &attributes, run_thread, runner);
	pthread_attr_destroy(&attributes);
	return r;
}

int runner_init(struct runner *runner, int ring_fd, int notify_fd)
{
	int r;

	*runner = (struct runner){.pid = getpid(), .ring_fd = ring_fd, .notify_fd = notify_fd};
	r = catch_signal();
	if (r == 0)
		r = create_thread(runner);
	if (r < 0)
		return r;
	/* It has made the calls of a starting thread once it has said its number. */
	while (__atomic_load_n(&runner->tid, __ATOMIC_ACQUIRE) == 0)
		futex((uint32_t *)&runner->tid, FUTEX_WAIT, 0);
	return -pthread_getcpuclockid(runner->thread, &runner->cpu_clock);
}

void runner_run(struct runner *runner)
{
	__atomic_store_n(&runner->state, RUNNER_IDLE, __ATOMIC_RELEASE);
	order(runner, ORDER_RUN);
	futex(&runner->order, FUTEX_WAKE, 1);
}

void runner_pause(struct runner *runner)
{
	order(runner, ORDER_PAUSE);
	syscall(SYS_tgkill, runner->pid, runner->tid, SIGNAL_LEAVE);
}

uint64_t runner_cpu_ms(const struct runner *runner)
{
	struct timespec used;

	if (clock_gettime(runner->cpu_clock, &used) < 0)
		return 0;
	return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}

void runner_yield(struct runner *runner)
{
	syscall(SYS_tgkill, runner->pid, runner->tid, SIGNAL_LEAVE);
}

enum runner_state runner_state(struct runner *runner)
{
	return __atomic_load_n(&runner->state, __ATOMIC_ACQUIRE);
}
