/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "loops.h"
#include "measure.h"

#define SHORT_RUN 100000u
#define LONG_RUN  500000u
#define SETTLE_US 3000000u

void case_settle(void)
{
	usleep(SETTLE_US);
}

static void stop(pid_t daemon)
{
	if (daemon)
		measure_check(kill(daemon, SIGSTOP) < 0 ? -errno : 0, "SIGSTOP");
}

static void go_on(pid_t daemon)
{
	if (daemon)
		measure_check(kill(daemon, SIGCONT) < 0 ? -errno : 0, "SIGCONT");
}

static double slope(uint64_t short_time, uint64_t long_time)
{
	return (double)(long_time - short_time) / (LONG_RUN - SHORT_RUN);
}

typedef int (*make_t)(struct iouctl *c, const struct iouctl_ring_options *options,
		      struct iouctl_ring **ret);

static struct iouctl_ring *make(struct iouctl *c, make_t how, unsigned int depth,
				uint64_t operations)
{
	char parameters[96];
	struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "nop",
		.parameters = parameters,
	};
	struct iouctl_ring *ring;

	snprintf(parameters, sizeof(parameters), "{\"depth\":%u,\"operations\":%" PRIu64 "}", depth,
		 operations);
	measure_check(how(c, &options, &ring), iouctl_error_message(c));
	return ring;
}

static void end(struct iouctl_ring *ring, uint64_t operations)
{
	measure_check(iouctl_ring_head(ring)->progress.done == operations ? 0 : -EIO, "nop");
	measure_check(iouctl_ring_destroy(ring), "destroy");
	iouctl_ring_free(ring);
}

/* @daemon: stopped while the ring runs; 0: not. */
static uint64_t run_daemon(struct iouctl *c, pid_t daemon, unsigned int depth, uint64_t operations)
{
	struct iouctl_ring *ring = make(c, iouctl_ring_create, depth, operations);
	uint64_t before, after;

	before = measure_now();
	measure_check(iouctl_ring_start(ring), "start");
	stop(daemon);
	measure_check(iouctl_ring_wait(ring, -1), "wait");
	after = measure_now();
	go_on(daemon);
	end(ring, operations);
	return after - before;
}

/* The same on a ring that this thread runs. */
static uint64_t run_adopted(struct iouctl *c, pid_t daemon, unsigned int depth, uint64_t operations)
{
	struct iouctl_ring *ring = make(c, iouctl_ring_adopt, depth, operations);
	uint64_t before, after;

	measure_check(iouctl_ring_start(ring), "start");
	stop(daemon);
	before = measure_now();
	measure_check(iouctl_ring_run(ring), "run");
	after = measure_now();
	go_on(daemon);
	end(ring, operations);
	return after - before;
}

double case_nop_daemon(struct iouctl *c, unsigned int depth)
{
	return slope(run_daemon(c, 0, depth, SHORT_RUN), run_daemon(c, 0, depth, LONG_RUN));
}

double case_nop_hosted(struct iouctl *c, pid_t stopped, unsigned int depth)
{
	return slope(run_daemon(c, stopped, depth, SHORT_RUN),
		     run_daemon(c, stopped, depth, LONG_RUN));
}

double case_nop_adopted(struct iouctl *c, pid_t stopped, unsigned int depth)
{
	return slope(run_adopted(c, stopped, depth, SHORT_RUN),
		     run_adopted(c, stopped, depth, LONG_RUN));
}

double case_nop_direct(const char *object, bool restricted, unsigned int depth)
{
	return slope(loop_direct_nop(object, restricted, depth, SHORT_RUN),
		     loop_direct_nop(object, restricted, depth, LONG_RUN));
}

double case_nop_user(unsigned int depth)
{
	return slope(loop_user_nop(depth, SHORT_RUN), loop_user_nop(depth, LONG_RUN));
}
