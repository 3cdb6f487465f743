/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cases.h"
#include "iourd/prog/chase.h"
#include "loops.h"
#include "measure.h"

#define BLOCKS	1000u
#define HOPS	1000u /* of one request */
#define REPEATS 40u
#define SEED	12345u

/* A file whose blocks form one cycle in random order; deleted already, all in the page cache. */
static int make_chain(const char *directory, unsigned int block)
{
	struct chase_block *data = calloc(1, block);
	unsigned int order[BLOCKS];
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/chain-XXXXXX", directory);
	fd = mkostemp(path, O_CLOEXEC);
	measure_check(fd < 0 || !data ? -errno : 0, path);
	unlink(path);
	for (unsigned int i = 0; i < BLOCKS; i++)
		order[i] = i;
	srandom(SEED);
	for (unsigned int i = BLOCKS - 1; i > 1; i--) { /* block 0 stays the first */
		unsigned int j = 1 + (unsigned int)random() % i, swap = order[i];

		order[i] = order[j];
		order[j] = swap;
	}
	for (unsigned int i = 0; i < BLOCKS; i++) {
		data->next = (uint64_t)order[(i + 1) % BLOCKS] * block;
		data->value = i;
		if (pwrite(fd, data, block, (off_t)order[i] * block) != (ssize_t)block)
			measure_check(-EIO, "writing the chain");
	}
	free(data);
	return fd;
}

static uint64_t requests(struct iouctl_ring *ring, unsigned int repeats)
{
	struct iouctl_chase_result result;
	uint64_t begin = measure_now();

	for (unsigned int i = 0; i < repeats; i++) {
		uint32_t ticket;

		measure_check(iouctl_chase_post(ring, 0, HOPS, &ticket), "post");
		measure_check(iouctl_chase_await(ring, ticket, -1, &result), "await");
		measure_check(result.hops == HOPS ? 0 : -EIO, "hops");
	}
	return measure_now() - begin;
}

static double through_daemon(struct iouctl *c, int fd, unsigned int block)
{
	struct iouctl_file file = {.slot = "file", .fd = fd};
	char parameters[64];
	struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "chase",
		.files = &file,
		.n_files = 1,
		.parameters = parameters,
	};
	struct iouctl_ring *ring;
	uint64_t time;

	snprintf(parameters, sizeof(parameters), "{\"block_size\":%u}", block);
	measure_check(iouctl_ring_create(c, &options, &ring), iouctl_error_message(c));
	measure_check(iouctl_ring_start(ring), "start");
	requests(ring, 2);
	time = requests(ring, REPEATS);
	measure_check(iouctl_ring_destroy(ring), "destroy");
	iouctl_ring_free(ring);
	return (double)time / (REPEATS * HOPS);
}

struct chase_figures case_chase(struct iouctl *c, const char *directory, unsigned int block)
{
	const double hops = (double)REPEATS * HOPS;
	struct chase_figures f;
	int fd = make_chain(directory, block);

	f.pread = (double)loop_pread_chase(fd, block, REPEATS * HOPS) / hops;
	f.plain = (double)loop_plain_chase(fd, block, REPEATS * HOPS) / hops;
	f.fixed = (double)loop_fixed_chase(fd, block, REPEATS * HOPS) / hops;
	f.daemon = through_daemon(c, fd, block);
	close(fd);
	return f;
}
