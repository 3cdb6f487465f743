/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-host/loop-thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/loop-ring.h"
#include "host/control.h"

#define STACK_SIZE (64u << 10)

enum command { COMMAND_NONE, COMMAND_RUN, COMMAND_TAKEN, COMMAND_PAUSE };

static void futex(uint32_t *word, int operation, uint32_t value)
{
	syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void set_command(struct loop_thread *loop, enum command command)
{
	__atomic_store_n(&loop->command, command, __ATOMIC_SEQ_CST);
}

static enum command get_command(struct loop_thread *loop)
{
	return __atomic_load_n(&loop->command, __ATOMIC_SEQ_CST);
}

static void publish(struct loop_thread *loop, enum loop_state state, int result)
{
	const uint64_t one = 1;
	ssize_t n;

	loop->result = result;
	__atomic_store_n(&loop->state, state, __ATOMIC_RELEASE);
	n = write(loop->notify_fd, &one, sizeof(one));
	(void)n; /* increments of 1 cannot overflow an eventfd */
}

static void wait_for_run(struct loop_thread *loop)
{
	enum command command;

	while ((command = get_command(loop)) != COMMAND_RUN)
		futex(&loop->command, FUTEX_WAIT, command);
	set_command(loop, COMMAND_TAKEN);
}

static void run_once(struct loop_thread *loop)
{
	const struct iourd_head *region = (const struct iourd_head *)CONTROL_REGION_ADDRESS;
	bool paused, yield;
	int r;

	publish(loop, LOOP_RUNNING, 0);
	/* A signal without a command comes from the daemon or the client. */
	do {
		r = loop_ring_enter_once(loop->ring_fd, region, &yield);
	} while ((yield || r == -EINTR) && get_command(loop) == COMMAND_TAKEN &&
		 sched_yield() == 0);
	paused = get_command(loop) == COMMAND_PAUSE && (r >= 0 || r == -EINTR);
	publish(loop, paused ? LOOP_PAUSED : LOOP_RETURNED, r);
}

static _Noreturn void *run_thread(void *arg)
{
	struct loop_thread *loop = arg;
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, CONTROL_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	__atomic_store_n(&loop->tid, gettid(), __ATOMIC_RELEASE);
	futex((uint32_t *)&loop->tid, FUTEX_WAKE, 1);

	wait_for_run(loop);
	r = loop_ring_enable(loop->ring_fd);
	if (r < 0)
		publish(loop, LOOP_REFUSED, r); /* the main thread then ends the process */
	for (;;) {
		if (r == 0)
			run_once(loop);
		wait_for_run(loop);
	}
}

/* The signal only makes io_uring_enter return. */
static void on_signal(int number)
{
	(void)number;
}

/* Blocks the signal here and in later threads; the loop thread unblocks it. */
static int catch_signal(void)
{
	struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART */
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, CONTROL_SIGNAL);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 ||
	    sigaction(CONTROL_SIGNAL, &action, NULL) < 0)
		return -errno;
	return 0;
}

static int create_thread(struct loop_thread *loop)
{
	pthread_attr_t attributes;
	int r;

	r = -pthread_attr_init(&attributes);
	if (r < 0)
		return r;
	r = -pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (r == 0)
		r = -pthread_create(&loop->thread, &attributes, run_thread, loop);
	pthread_attr_destroy(&attributes);
	return r;
}

int loop_thread_init(struct loop_thread *loop, int ring_fd, int notify_fd)
{
	int r;

	*loop = (struct loop_thread){.pid = getpid(), .ring_fd = ring_fd, .notify_fd = notify_fd};
	r = catch_signal();
	if (r == 0)
		r = create_thread(loop);
	if (r < 0)
		return r;
	/* A starting thread's system calls are over once it has stored its id. */
	while (__atomic_load_n(&loop->tid, __ATOMIC_ACQUIRE) == 0)
		futex((uint32_t *)&loop->tid, FUTEX_WAIT, 0);
	return 0;
}

void loop_run(struct loop_thread *loop)
{
	__atomic_store_n(&loop->state, LOOP_IDLE, __ATOMIC_RELEASE);
	set_command(loop, COMMAND_RUN);
	futex(&loop->command, FUTEX_WAKE, 1);
}

void loop_pause(struct loop_thread *loop)
{
	set_command(loop, COMMAND_PAUSE);
	syscall(SYS_tgkill, loop->pid, loop->tid, CONTROL_SIGNAL);
}

enum loop_state loop_state(struct loop_thread *loop)
{
	return __atomic_load_n(&loop->state, __ATOMIC_ACQUIRE);
}
