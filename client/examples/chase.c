/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * chase.c - several threads use one ring to follow chains of blocks in a file
 *
 *	cc -pthread chase.c -o chase $(pkg-config --cflags --libs iouctl)
 *	./chase [THREADS [REQUESTS]]
 *
 * It creates a file of blocks, each of which names the next one. The loop program "chase" follows
 * the chain from many places at once. No request passes through the daemon, and without requests
 *the ring takes no step.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iouctl.h>
#include <iourd/prog/chase.h>

#define BLOCK_SIZE  4096u
#define BLOCKS	    1024u
#define HOPS	    100u
#define THREADS_MAX 64

struct worker {
	pthread_t thread;
	const struct iouctl_ring *ring;
	unsigned int number;
	unsigned int requests;
	unsigned int answered;
	int error; /* negative errno, or 0 */
};

/* The block after block @i; 389 is coprime to BLOCKS, so the chain visits all blocks. */
static uint64_t next_block(uint64_t i)
{
	return (i + 389) % BLOCKS;
}

/* Creates an unlinked file. Returns a descriptor, or -1 with errno set. */
static int make_file(void)
{
	char path[] = "/var/tmp/chase-XXXXXX";
	char bytes[BLOCK_SIZE] = {0};
	struct chase_block block;
	uint64_t i;
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		return -1;
	unlink(path);
	for (i = 0; i < BLOCKS; i++) {
		block.next = next_block(i) * BLOCK_SIZE;
		block.value = i;
		memcpy(bytes, &block, sizeof(block));
		if (pwrite(fd, bytes, BLOCK_SIZE, (off_t)(i * BLOCK_SIZE)) != BLOCK_SIZE) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

static int ask(const struct worker *worker, uint64_t start)
{
	struct iouctl_chase_result result;
	uint64_t expected = start;
	uint32_t ticket;
	unsigned int i;
	int r;

	r = iouctl_chase_post(worker->ring, start * BLOCK_SIZE, HOPS, &ticket);
	if (r < 0)
		return r;
	do
		r = iouctl_chase_await(worker->ring, ticket, -1, &result);
	while (r == -EINTR);
	if (r < 0)
		return r;
	for (i = 1; i < HOPS; i++)
		expected = next_block(expected);
	return result.value == expected && result.hops == HOPS ? 0 : -EBADMSG;
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	while (worker->error == 0 && worker->answered < worker->requests) {
		uint64_t start = (worker->number * 31 + worker->answered) % BLOCKS;

		worker->error = ask(worker, start);
		if (worker->error == 0)
			worker->answered++;
	}
	return NULL;
}

static int run(const struct iouctl_ring *ring, unsigned int n_threads, unsigned int requests)
{
	struct worker workers[THREADS_MAX] = {0};
	unsigned int started, i;
	int r = 0;

	for (started = 0; started < n_threads; started++) {
		workers[started].ring = ring;
		workers[started].number = started;
		workers[started].requests = requests;
		r = -pthread_create(&workers[started].thread, NULL, work, &workers[started]);
		if (r < 0)
			break;
	}
	for (i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		if (r == 0)
			r = workers[i].error;
		printf("thread %u: %u requests of %u hops\n", i, workers[i].answered, HOPS);
	}
	return r;
}

int main(int argc, char *argv[])
{
	unsigned int n_threads = argc > 1 ? (unsigned int)atoi(argv[1]) : 8;
	unsigned int requests = argc > 2 ? (unsigned int)atoi(argv[2]) : 100;
	struct iouctl_file file = {"file", -1};
	const struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "chase",
		.files = &file,
		.n_files = 1,
		.parameters = "{\"block_size\":4096}",
	};
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	int r;

	if (n_threads < 1 || n_threads > THREADS_MAX) {
		fprintf(stderr, "usage: chase [THREADS (1 to %d) [REQUESTS]]\n", THREADS_MAX);
		return 2;
	}
	file.fd = make_file();
	if (file.fd < 0) {
		perror("chase: cannot create a file");
		return EXIT_FAILURE;
	}
	r = iouctl_connect(NULL, &c);
	if (r < 0) {
		fprintf(stderr, "chase: cannot reach iouringd: %s\n", strerror(-r));
		close(file.fd);
		return EXIT_FAILURE;
	}
	r = iouctl_ring_create(c, &options, &ring);
	if (r == 0)
		r = iouctl_ring_start(ring);
	if (r < 0) {
		fprintf(stderr, "chase: %s\n", iouctl_error_message(c));
	} else {
		r = run(ring, n_threads, requests);
		if (r < 0)
			fprintf(stderr, "chase: %s\n", strerror(-r));
	}
	iouctl_ring_free(ring);
	iouctl_free(c);
	close(file.fd);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
