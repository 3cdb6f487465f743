/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * race-orders.c - ends rings in six ways at once, in all orders
 *
 * usage: race-orders SEED SECONDS UID DAEMON-PID
 *
 * In each round a client of user UID has a ring. Then a swap, a destroy, the end of the lease, the
 * death of the host, the death of the client and a reload of the daemon follow each other in an
 * order that no round had before, until all 720 have been, without waiting for one another. The
 * seed decides the order of the orders and the pauses between the actions: 0 to 3 ms. The ring's
 * name is race-SEED: a late request of one process must not meet a ring of another.
 *
 * Each request must be answered, and each ring must be gone at the end of its round. Prints what
 * happened, and exits with 1 if that is not so.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "iouctl.h"

enum action { SWAP, DESTROY, LEASE, HOST, CLIENT, RELOAD, N_ACTIONS };

#define N_ORDERS    720u
#define PATIENCE_MS 300000 /* after which an answer is taken for one that never comes */

enum { DONE, REFUSED, UNANSWERED };

/* A child that says when it is ready, and then waits for its gate. */
struct actor {
	pid_t pid;
	int pidfd;
	int gate;
	int ready;
};

struct child { /* the other ends */
	int gate;
	int ready;
};

struct options {
	uint64_t random;
	char name[32]; /* of the ring, to its owner */
	int seconds;
	uid_t uid;
	pid_t daemon;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "race-orders: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint32_t random_below(struct options *options, uint32_t n)
{
	uint64_t x = options->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	options->random = x;
	return (uint32_t)((x >> 32) % n);
}

/* ---- children ---- */

static struct actor start(void (*run)(const struct child *, const char *name, uid_t uid),
			  const char *name, uid_t uid)
{
	int gate[2], ready[2];
	struct actor actor;

	if (pipe2(gate, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		die("pipe2");
	actor.pid = fork();
	if (actor.pid < 0)
		die("fork");
	if (actor.pid == 0) {
		const struct child child = {gate[0], ready[1]};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(gate[1]);
		close(ready[0]);
		run(&child, name, uid);
		_exit(UNANSWERED);
	}
	close(gate[0]);
	close(ready[1]);
	actor.gate = gate[1];
	actor.ready = ready[0];
	actor.pidfd = (int)syscall(SYS_pidfd_open, actor.pid, 0);
	if (actor.pidfd < 0)
		die("pidfd_open");
	return actor;
}

/* The line that the actor writes when it is ready. */
static bool wait_ready(const struct actor *actor, char *line, size_t size)
{
	struct pollfd ready = {.fd = actor->ready, .events = POLLIN};
	ssize_t n;

	if (poll(&ready, 1, PATIENCE_MS) != 1)
		return false;
	n = read(actor->ready, line, size - 1);
	if (n <= 0)
		return false;
	line[n] = '\0';
	return true;
}

/* Its exit status, or 128 and the signal that ended it; -1: it did not end. */
static int wait_end(const struct actor *actor)
{
	struct pollfd end = {.fd = actor->pidfd, .events = POLLIN};
	int status;

	if (poll(&end, 1, PATIENCE_MS) != 1 || waitpid(actor->pid, &status, 0) < 0)
		return -1;
	close(actor->pidfd);
	close(actor->gate);
	close(actor->ready);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void open_gate(const struct actor *actor)
{
	if (write(actor->gate, "x", 1) != 1)
		fprintf(stderr, "race-orders: an actor has gone before its turn\n");
}

static void pass_gate(const struct child *child, const char *line)
{
	char byte;

	if (write(child->ready, line, strlen(line)) < 0 || read(child->gate, &byte, 1) != 1)
		_exit(UNANSWERED);
}

/* A request that came too late is refused, by name. */
static int outcome(struct iouctl *c, int r)
{
	if (r == 0)
		return DONE;
	if (iouctl_error_name(c))
		return REFUSED;
	fprintf(stderr, "race-orders: %s\n", iouctl_error_message(c));
	return UNANSWERED;
}

static struct iouctl_ring *open_ring(struct iouctl **ret_c, const char *name)
{
	struct iouctl_ring *ring = NULL;

	if (iouctl_connect(NULL, ret_c) < 0)
		_exit(UNANSWERED);
	iouctl_set_timeout(*ret_c, PATIENCE_MS);
	if (iouctl_ring_open(*ret_c, name, &ring) < 0)
		_exit(UNANSWERED);
	return ring;
}

static void swap(const struct child *child, const char *name, uid_t uid)
{
	struct iouctl *c;
	struct iouctl_ring *ring = open_ring(&c, name);
	uint64_t generation;

	pass_gate(child, "ready");
	_exit(outcome(c, iouctl_ring_swap(ring, "nop", 0, &generation)));
}

static void destroy(const struct child *child, const char *name, uid_t uid)
{
	struct iouctl *c;
	struct iouctl_ring *ring = open_ring(&c, name);

	pass_gate(child, "ready");
	_exit(outcome(c, iouctl_ring_destroy(ring)));
}

/* Whether a round starts its ring, or leaves it as it was created; be_client()'s, set before. */
static bool starts;

static void be_client(const struct child *child, const char *name, uid_t uid)
{
	const struct iouctl_ring_options options = {
		.size = sizeof(options), .program = "nop", .name = name};
	struct iouctl_ring *ring;
	struct iouctl *c;
	char title[64];

	if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ||
	    iouctl_connect(NULL, &c) < 0)
		_exit(UNANSWERED);
	iouctl_set_timeout(c, PATIENCE_MS);
	if (iouctl_ring_create(c, &options, &ring) < 0 || (starts && iouctl_ring_start(ring) < 0)) {
		fprintf(stderr, "race-orders: %s\n", iouctl_error_message(c));
		_exit(UNANSWERED);
	}
	/* as root calls it */
	snprintf(title, sizeof(title), "%u/%s", (unsigned int)uid, iouctl_ring_name(ring));
	pass_gate(child, title);
	iouctl_ring_free(ring);
	for (;;)
		pause();
}

/* ---- a round ---- */

/* *ret: the description; free() it. False: there is no such ring. */
static bool describe(struct iouctl *c, const char *name, char **ret)
{
	char parameters[96];

	snprintf(parameters, sizeof(parameters), "{\"ring\":\"%s\"}", name);
	if (iouctl_call(c, "DescribeRing", parameters, NULL, 0, ret, NULL, NULL) == 0)
		return true;
	if (!iouctl_error_name(c) || !strstr(iouctl_error_name(c), "RingNotFound")) {
		fprintf(stderr, "race-orders: %s\n", iouctl_error_message(c));
		exit(2);
	}
	return false;
}

/* The pidfd of the ring's host; -1: the ring has none. */
static int find_host(struct iouctl *c, const char *name)
{
	static const char member[] = "\"process\":";
	const char *process;
	char *description;
	int pidfd = -1;

	if (!describe(c, name, &description))
		return -1;
	process = strstr(description, member);
	if (process)
		pidfd = (int)syscall(SYS_pidfd_open, atoi(process + strlen(member)), 0);
	free(description);
	return pidfd;
}

static bool ring_is_gone(struct iouctl *c, const char *name)
{
	const struct timespec tick = {.tv_nsec = 5000000};
	char *description;

	for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
		if (!describe(c, name, &description))
			return true;
		free(description);
		nanosleep(&tick, NULL);
	}
	fprintf(stderr, "race-orders: ring %s does not end\n", name);
	return false;
}

static void order_of(unsigned int index, enum action ret[N_ACTIONS])
{
	enum action left[N_ACTIONS];

	for (int i = 0; i < N_ACTIONS; i++)
		left[i] = (enum action)i;
	for (unsigned int i = 0; i < N_ACTIONS; i++) {
		unsigned int n = N_ACTIONS - i, chosen = index % n;

		index /= n;
		ret[i] = left[chosen];
		memmove(&left[chosen], &left[chosen + 1], (n - chosen - 1) * sizeof(left[0]));
	}
}

static int race(struct iouctl *c, struct options *options, const enum action order[N_ACTIONS],
		int *ret_swap, int *ret_destroy)
{
	struct actor client, swapper, destroyer;
	char name[64], line[16];
	int host, client_end;

	starts = random_below(options, 4) > 0;
	client = start(be_client, options->name, options->uid);
	if (!wait_ready(&client, name, sizeof(name)))
		return -1;
	host = find_host(c, name);
	if (host < 0) {
		fprintf(stderr, "race-orders: ring %s has no host\n", name);
		return -1;
	}
	swapper = start(swap, name, 0);
	destroyer = start(destroy, name, 0);
	if (!wait_ready(&swapper, line, sizeof(line)) ||
	    !wait_ready(&destroyer, line, sizeof(line)))
		return -1;
	for (int i = 0; i < N_ACTIONS; i++) {
		struct timespec pause = {.tv_nsec = random_below(options, 3000000)};

		switch (order[i]) {
		case SWAP:
			open_gate(&swapper);
			break;
		case DESTROY:
			open_gate(&destroyer);
			break;
		case LEASE:
			if (write(client.gate, "x", 1) < 0 && errno != EPIPE)
				die("write");
			break;
		case HOST: /* it may have ended */
			syscall(SYS_pidfd_send_signal, host, SIGKILL, NULL, 0);
			break;
		case CLIENT:
			kill(client.pid, SIGKILL);
			break;
		default:
			kill(options->daemon, SIGHUP);
		}
		nanosleep(&pause, NULL);
	}
	close(host);
	*ret_swap = wait_end(&swapper);
	*ret_destroy = wait_end(&destroyer);
	client_end = wait_end(&client);
	if (*ret_swap < 0 || *ret_swap > REFUSED || *ret_destroy < 0 || *ret_destroy > REFUSED ||
	    client_end != 128 + SIGKILL) {
		fprintf(stderr, "race-orders: swap %d, destroy %d, client %d\n", *ret_swap,
			*ret_destroy, client_end);
		return -1;
	}
	return ring_is_gone(c, name) ? 0 : -1;
}

static void shuffle(struct options *options, unsigned int orders[N_ORDERS])
{
	for (unsigned int i = 0; i < N_ORDERS; i++)
		orders[i] = i;
	for (unsigned int i = N_ORDERS - 1; i > 0; i--) {
		unsigned int other = random_below(options, i + 1), order = orders[i];

		orders[i] = orders[other];
		orders[other] = order;
	}
}

int main(int argc, char *argv[])
{
	static const char *const names = "SDLHCR";
	unsigned int orders[N_ORDERS], rounds = 0, swaps = 0, destroys = 0;
	struct options options;
	struct timespec now;
	struct iouctl *c;
	time_t end;

	if (argc != 5) {
		fprintf(stderr, "usage: race-orders SEED SECONDS UID DAEMON-PID\n");
		return 2;
	}
	options = (struct options){
		.random = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1,
		.seconds = atoi(argv[2]),
		.uid = (uid_t)atoi(argv[3]),
		.daemon = (pid_t)atoi(argv[4]),
	};
	snprintf(options.name, sizeof(options.name), "race-%.20s", argv[1]);
	signal(SIGPIPE, SIG_IGN);
	if (iouctl_connect(NULL, &c) < 0)
		die("connect");
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + options.seconds;
	for (; now.tv_sec < end; clock_gettime(CLOCK_MONOTONIC, &now)) {
		enum action order[N_ACTIONS];
		int swapped, destroyed;

		if (rounds % N_ORDERS == 0)
			shuffle(&options, orders);
		order_of(orders[rounds % N_ORDERS], order);
		if (race(c, &options, order, &swapped, &destroyed) < 0) {
			printf("round %u failed, order ", rounds);
			for (int i = 0; i < N_ACTIONS; i++)
				putchar(names[order[i]]);
			putchar('\n');
			iouctl_free(c);
			return 1;
		}
		rounds++;
		swaps += swapped == DONE;
		destroys += destroyed == DONE;
	}
	printf("%u rounds, %u of %u orders; %u swaps and %u destroys done, the others refused\n",
	       rounds, rounds < N_ORDERS ? rounds : N_ORDERS, N_ORDERS, swaps, destroys);
	iouctl_free(c);
	return rounds > 0 ? 0 : 1;
}
