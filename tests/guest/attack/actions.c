// SPDX-License-Identifier: LGPL-2.1-or-later
/* actions.c - the attackers: each thread has a ring, and does to all rings what comes into its head
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/io_uring.h>

#include "actions.h"

#define REGION	     8192
#define SETUP_REWIND (1u << 20) /* IORING_SETUP_SQ_REWIND, newer than Debian 13's header */
#define MEM_REGION   34		/* IORING_REGISTER_MEM_REGION */

struct attacker {
	uint64_t random;
	uint64_t seed;
	unsigned int index;
	unsigned int sequences;
	pid_t tid;
	timer_t timer;
	int ring; /* its own; -1: none */
	struct attack_orders *orders;
};

static struct attacker attackers[ATTACK_THREADS];
static int links[ATTACK_MAPS] = {-1, -1, -1, -1};
static const int *maps;
static struct attack_tally *tally;
static int pipes[2], null_fd;

uint32_t attack_random(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 16) % below);
}

static bool one_in(struct attacker *a, uint32_t n)
{
	return attack_random(&a->random, n) == 0;
}

/* The kernel said @error where only @allowed (up to a 0) make sense: the first such is kept. */
static void expect(struct attacker *a, const char *action, int error, const int *allowed)
{
	int none = 0;

	for (; *allowed; allowed++)
		if (error == *allowed)
			return;
	if (error && __atomic_compare_exchange_n(&tally->unexpected, &none, error, false,
						 __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		snprintf(tally->action, sizeof(tally->action), "%s", action);
		tally->seed = a->seed;
	}
}

static int result_of(long r)
{
	return r < 0 ? errno : 0;
}

static int any_number(struct attacker *a)
{
	return ATTACK_FD + (int)attack_random(&a->random, ATTACK_MAPS);
}

/* ---- what a thread does for its own ring ---- */

static void make_ring(struct attacker *a)
{
	static const unsigned int odd[] = {
		IORING_SETUP_SQE128,	   IORING_SETUP_CQE32,	IORING_SETUP_SUBMIT_ALL,
		IORING_SETUP_TASKRUN_FLAG, IORING_SETUP_IOPOLL,
	};
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_NO_SQARRAY | SETUP_REWIND | IORING_SETUP_CQSIZE,
		.cq_entries = ATTACK_CQ,
	};

	if (!one_in(a, 3))
		params.flags |= IORING_SETUP_R_DISABLED;
	if (one_in(a, 4))
		params.flags |= odd[attack_random(&a->random, 5)];
	if (one_in(a, 16)) /* no loop for this one */
		params.flags = one_in(a, 8) ? IORING_SETUP_SQPOLL | IORING_SETUP_CQSIZE
					    : IORING_SETUP_CQSIZE;
	a->ring = (int)syscall(SYS_io_uring_setup, ATTACK_SQ, &params);
	if (a->ring < 0)
		expect(a, "setup", errno, (const int[]){ENOMEM, EMFILE, EAGAIN, EINTR, 0});
}

static void order(struct attacker *a, struct attack_orders *orders)
{
	static const unsigned int waits[] = {0,	 0,  1,	      1,	  2,	     8,
					     16, 17, 1000000, 0x7fffffff, 0xffffffff};
	static const unsigned int batches[] = {0, 1, 1, 1, 2, 8, 8, 9, 1000, 0xffffffff};
	uint32_t what = attack_random(&a->random, 64);

	orders->what = (what & 7 ? ATTACK_REAP : 0) | (what == 8 ? ATTACK_LIE : 0) |
		       (what == 9 ? ATTACK_ANSWER : 0);
	orders->value = attack_random(&a->random, 4) ? attack_random(&a->random, 40) : 0xfffffff0;
	orders->batch = batches[attack_random(&a->random, 10)];
	orders->wait = waits[attack_random(&a->random, 11)];
	orders->limit = 1u << attack_random(&a->random, 12);
	orders->steps = 0;
}

/* A request that may complete at once, late, never, or not be valid at all. */
static void request(struct attacker *a, struct io_uring_sqe *sqe)
{
	static struct __kernel_timespec soon = {.tv_nsec = 100000};
	static uint32_t word;
	static const uint8_t flags[] = {0,
					0,
					0,
					IOSQE_ASYNC,
					IOSQE_IO_DRAIN,
					IOSQE_IO_LINK,
					IOSQE_CQE_SKIP_SUCCESS,
					IOSQE_FIXED_FILE};

	memset(sqe, 0, sizeof(*sqe));
	sqe->flags = flags[attack_random(&a->random, 8)];
	switch (attack_random(&a->random, 14)) {
	case 0:
		sqe->opcode = IORING_OP_TIMEOUT;
		sqe->addr = (uintptr_t)&soon;
		sqe->len = 1;
		sqe->off = attack_random(&a->random, 3);
		break;
	case 1:
		sqe->opcode = IORING_OP_POLL_ADD;
		sqe->fd = pipes[0];
		sqe->poll32_events = 1;
		break;
	case 2:
		sqe->opcode = IORING_OP_READ;
		sqe->fd = one_in(a, 2) ? pipes[0] : null_fd;
		sqe->addr = (uintptr_t)&a->orders[8];
		sqe->len = 8;
		break;
	case 3:
		sqe->opcode = IORING_OP_FUTEX_WAIT;
		sqe->fd = 2; /* FUTEX2_SIZE_U32 */
		sqe->addr = (uintptr_t)&word;
		sqe->off = attack_random(&a->random, 2);
		sqe->addr3 = 0xffffffff;
		break;
	case 4:
		sqe->opcode = IORING_OP_FUTEX_WAKE;
		sqe->fd = 2;
		sqe->addr = (uintptr_t)&word;
		sqe->off = 1;
		sqe->addr3 = 0xffffffff;
		break;
	case 5:
		sqe->opcode = IORING_OP_ASYNC_CANCEL;
		sqe->cancel_flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
		break;
	case 6:
		sqe->opcode = IORING_OP_MSG_RING;
		sqe->fd = any_number(a);
		break;
	case 7:
		if (one_in(a, 8)) {
			sqe->opcode = IORING_OP_CLOSE;
			sqe->fd = any_number(a);
		}
		break;
	case 8:
		sqe->opcode = (uint8_t)attack_random(&a->random, 256) | 0x80;
		break;
	default:
		sqe->opcode = IORING_OP_NOP;
		break;
	}
}

static void add_region(struct attacker *a, int ring)
{
	uint64_t desc[8] = {(uintptr_t)a->orders, REGION, 1};
	uint64_t reg[4] = {(uintptr_t)desc};

	switch (attack_random(&a->random, 10)) {
	case 0:
		desc[0] += 8;
		break;
	case 1:
		desc[1] = 1ull << (12 +
				   attack_random(&a->random, 52)); /* mostly more than there is */
		break;
	case 2:
		desc[2] = attack_random(&a->random, 4);
		break;
	case 3:
		desc[0] = 0;
		break;
	}
	expect(a, "region", result_of(syscall(SYS_io_uring_register, ring, MEM_REGION, reg, 1)),
	       (const int[]){EBUSY, EINVAL, EFAULT, EOVERFLOW, ENOMEM, E2BIG, EEXIST, EBADF,
			     EOPNOTSUPP, 0});
}

static void enter(struct attacker *a, int ring)
{
	/* again and again: the first may come too early */
	struct itimerspec soon = {.it_value.tv_nsec = 1000 + attack_random(&a->random, 1000000),
				  .it_interval.tv_nsec = 2000000};
	struct itimerspec never = {0};
	unsigned int submit = attack_random(&a->random, 3), wait = attack_random(&a->random, 3);
	long r;

	timer_settime(a->timer, 0, &soon, NULL);
	r = syscall(SYS_io_uring_enter, ring, submit, wait,
		    one_in(a, 4) ? 0 : IORING_ENTER_GETEVENTS, NULL, 0);
	expect(a, "enter", result_of(r),
	       (const int[]){EINTR, EFAULT, EINVAL, EBADR, EBADF, EEXIST, EBADFD, EOPNOTSUPP,
			     EAGAIN, EBUSY, 0});
	timer_settime(a->timer, 0, &never, NULL);
}

/* ---- and to the rings of all ---- */

static void unlink_one(struct attacker *a, unsigned int i)
{
	int link = __atomic_exchange_n(&links[i], -1, __ATOMIC_RELAXED);

	if (link < 0)
		return;
	if (one_in(a, 2))
		expect(a, "detach", -bpf_link_detach(link), (const int[]){EPERM, 0});
	close(link);
}

static void link_one(struct attacker *a)
{
	unsigned int i = attack_random(&a->random, ATTACK_MAPS);
	int link = bpf_link_create(maps[i], 0, BPF_STRUCT_OPS, NULL);

	if (link < 0) {
		expect(a, "link", -link, (const int[]){EBADF, EOPNOTSUPP, EBUSY, EPERM, 0});
		return;
	}
	link = __atomic_exchange_n(&links[i], link, __ATOMIC_RELAXED);
	if (link >= 0)
		close(link);
}

/* Something else stands under a number that the maps know: another ring, this one again, no ring.
 */
static void exchange(struct attacker *a)
{
	int number = any_number(a);

	if (one_in(a, 4))
		close(number);
	else
		dup2(one_in(a, 4) ? null_fd : a->ring, number);
}

static void look(int ring)
{
	char path[64], text[512];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ring);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void forget_memory(struct attacker *a)
{
	/* the old pages stay those of the rings that registered them */
	mmap(a->orders, REGION, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
	     0);
}

static void fork_one(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void act(struct attacker *a)
{
	struct attacker *other = &attackers[attack_random(&a->random, ATTACK_THREADS)];

	__atomic_add_fetch(&tally->actions, 1, __ATOMIC_RELAXED);
	switch (attack_random(&a->random, 28)) {
	case 24 ... 27:
	case 0 ... 4:
		enter(a, a->ring);
		break;
	case 5 ... 8:
		link_one(a);
		break;
	case 9 ... 11:
		unlink_one(a, attack_random(&a->random, ATTACK_MAPS));
		break;
	case 12 ... 13:
		exchange(a);
		break;
	case 14 ... 16:
		order(a, other->orders);
		break;
	case 17:
		request(a, (struct io_uring_sqe *)
				   other->orders->sqes[attack_random(&a->random, ATTACK_SQ)]);
		break;
	case 18:
		syscall(SYS_tgkill, getpid(), other->tid, SIGUSR1);
		break;
	case 19:
		add_region(a, a->ring);
		break;
	case 20:
		syscall(SYS_io_uring_register, a->ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
		break;
	case 21:
		enter(a, any_number(a));
		break;
	case 22:
		look(any_number(a));
		break;
	case 23:
		if (one_in(a, 16))
			fork_one();
		else if (one_in(a, 4))
			forget_memory(a);
		else
			sched_yield();
		break;
	}
}

static void one_sequence(struct attacker *a)
{
	unsigned int n = 4 + attack_random(&a->random, 12);

	make_ring(a);
	if (a->ring < 0)
		return;
	order(a, a->orders);
	for (int i = 0; i < ATTACK_SQ; i++)
		request(a, (struct io_uring_sqe *)a->orders->sqes[i]);
	if (!one_in(a, 8))
		add_region(a, a->ring);
	dup2(a->ring, any_number(a));
	if (!one_in(a, 4))
		link_one(a);
	if (!one_in(a, 4))
		syscall(SYS_io_uring_register, a->ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	while (n--)
		act(a);
	__atomic_add_fetch(&tally->steps, a->orders->steps, __ATOMIC_RELAXED);
	close(a->ring);
	__atomic_add_fetch(&tally->sequences, 1, __ATOMIC_RELAXED);
}

/* ---- the process ---- */

static void on_signal(int signal)
{
	(void)signal;
}

static void *attacker_main(void *argument)
{
	struct attacker *a = argument;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};

	a->tid = (pid_t)syscall(SYS_gettid);
	event._sigev_un._tid = a->tid;
	if (timer_create(CLOCK_MONOTONIC, &event, &a->timer) < 0)
		abort();
	for (unsigned int i = 0; i < a->sequences; i++)
		one_sequence(a);
	return NULL;
}

/* The ways to go: with rings, links and threads still there, or after they are gone. */
static _Noreturn void leave(uint64_t *random, pthread_t threads[ATTACK_THREADS])
{
	switch (attack_random(random, 4)) {
	case 0:
		execl("/bin/true", "true", NULL);
		break;
	case 1:
		raise(SIGKILL);
		break;
	case 2:
		break;
	default:
		for (int i = 0; i < ATTACK_THREADS; i++)
			pthread_join(threads[i], NULL);
	}
	_exit(0);
}

_Noreturn void attack_run(uint64_t seed, unsigned int sequences, const int attack_maps[ATTACK_MAPS],
			  struct attack_tally *attack_tally)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	uint64_t random = seed * 0x9e3779b97f4a7c15ull + 1;
	pthread_t threads[ATTACK_THREADS];

	maps = attack_maps;
	tally = attack_tally;
	null_fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	if (null_fd < 0 || pipe2(pipes, O_CLOEXEC) < 0 || sigaction(SIGUSR1, &action, NULL) < 0)
		abort();
	if (attack_random(&random, 8) == 0)
		unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC);
	for (unsigned int i = 0; i < ATTACK_THREADS; i++) {
		struct attacker *a = &attackers[i];

		a->index = i;
		a->seed = seed;
		a->sequences = sequences;
		a->random = random + (i + 1) * 0xd1342543de82ef95ull;
		a->orders = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				 -1, 0);
		if (a->orders == MAP_FAILED)
			abort();
	}
	for (int i = 0; i < ATTACK_THREADS; i++)
		if (pthread_create(&threads[i], NULL, attacker_main, &attackers[i]))
			abort();
	/* halfway, if it does not wait for the end */
	while (__atomic_load_n(&attackers[0].ring, __ATOMIC_RELAXED) == 0)
		sched_yield();
	usleep(attack_random(&random, sequences * 1500));
	leave(&random, threads);
}
