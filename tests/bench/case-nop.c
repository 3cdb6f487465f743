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

/* @daemon: stopped while the ring runs; 0: not. */
static uint64_t run_daemon(struct iouctl *c, pid_t daemon, unsigned int depth, uint64_t operations)
{
	char parameters[96];
	struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "nop",
		.parameters = parameters,
	};
	struct iouctl_ring *ring;
	uint64_t begin, end;

	snprintf(parameters, sizeof(parameters), "{\"depth\":%u,\"operations\":%" PRIu64 "}", depth,
		 operations);
	measure_check(iouctl_ring_create(c, &options, &ring), iouctl_error_message(c));
	begin = measure_now();
	measure_check(iouctl_ring_start(ring), "start");
	stop(daemon);
	measure_check(iouctl_ring_wait(ring, -1), "wait");
	end = measure_now();
	go_on(daemon);
	measure_check(iouctl_ring_head(ring)->progress.done == operations ? 0 : -EIO, "nop");
	measure_check(iouctl_ring_destroy(ring), "destroy");
	iouctl_ring_free(ring);
	return end - begin;
}

/* The same on a ring that this thread runs. */
static uint64_t run_adopted(struct iouctl *c, pid_t daemon, unsigned int depth, uint64_t operations)
{
	char parameters[96];
	struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "nop",
		.parameters = parameters,
	};
	struct iouctl_ring *ring;
	uint64_t begin, end;

	snprintf(parameters, sizeof(parameters), "{\"depth\":%u,\"operations\":%" PRIu64 "}", depth,
		 operations);
	measure_check(iouctl_ring_adopt(c, &options, &ring), iouctl_error_message(c));
	measure_check(iouctl_ring_start(ring), "start");
	stop(daemon);
	begin = measure_now();
	measure_check(iouctl_ring_run(ring), "run");
	end = measure_now();
	go_on(daemon);
	measure_check(iouctl_ring_head(ring)->progress.done == operations ? 0 : -EIO, "nop");
	iouctl_ring_free(ring);
	return end - begin;
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
