/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making rings, and swapping a running one. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "measure.h"
#include "objects.h"

#define RINGS 100u
#define WARM  5u
#define SWAPS 100u

static const struct iouctl_ring_options nop_options = {
	.size = sizeof(nop_options),
	.program = "nop",
	.parameters = "{\"depth\":8}",
};

/* Asks the daemon about @name: member @key of its Ring. */
static int64_t ring_number(struct iouctl *c, const char *name, const char *key)
{
	struct json_object *reply, *ring, *member;
	char parameters[128], *text;
	int64_t number;

	snprintf(parameters, sizeof(parameters), "{\"ring\":\"%s\"}", name);
	measure_check(iouctl_call(c, "DescribeRing", parameters, NULL, 0, &text, NULL, NULL),
		      "DescribeRing");
	reply = json_tokener_parse(text);
	free(text);
	if (!json_object_object_get_ex(reply, "ring", &ring) ||
	    !json_object_object_get_ex(ring, key, &member))
		measure_check(-EPROTO, key);
	number = json_object_get_int64(member);
	json_object_put(reply);
	return number;
}

static void percentiles(uint64_t *values, uint64_t ret[2])
{
	ret[0] = measure_percentile(values, RINGS, 50);
	ret[1] = measure_percentile(values, RINGS, 99);
}

static void create_adopted(struct iouctl *c, uint64_t ret[2])
{
	uint64_t time[RINGS];

	for (unsigned int i = 0; i < WARM + RINGS; i++) {
		struct iouctl_ring *ring;
		uint64_t begin = measure_now();

		measure_check(iouctl_ring_adopt(c, &nop_options, &ring), iouctl_error_message(c));
		time[i < WARM ? 0 : i - WARM] = measure_now() - begin;
		measure_check(iouctl_ring_destroy(ring), "destroy");
		iouctl_ring_free(ring);
	}
	percentiles(time, ret);
}

struct create_figures case_create(struct iouctl *c, pid_t daemon)
{
	uint64_t in_daemon[RINGS], in_host[RINGS], answer[RINGS], destroy[RINGS];
	struct create_figures f;

	for (unsigned int i = 0; i < WARM + RINGS; i++) {
		unsigned int row = i < WARM ? 0 : i - WARM;
		struct iouctl_ring *ring;
		uint64_t task = measure_task(daemon), begin = measure_now();

		measure_check(iouctl_ring_create(c, &nop_options, &ring), iouctl_error_message(c));
		answer[row] = measure_now() - begin;
		in_daemon[row] = measure_task(daemon) - task;
		in_host[row] =
			measure_task((pid_t)ring_number(c, iouctl_ring_name(ring), "process"));
		task = measure_task(daemon);
		measure_check(iouctl_ring_destroy(ring), "destroy");
		destroy[row] = measure_task(daemon) - task;
		iouctl_ring_free(ring);
	}
	percentiles(in_daemon, f.daemon);
	percentiles(in_host, f.host);
	percentiles(answer, f.answer);
	percentiles(destroy, f.destroy);
	create_adopted(c, f.adopted);
	return f;
}

struct swap_figures case_swap(struct iouctl *c, const char *object)
{
	struct swap_figures f = {0};
	uint64_t time[SWAPS], steps;
	struct iouctl_ring *ring;

	load_renamed(c, object, "nop-other");
	measure_check(iouctl_ring_create(c, &nop_options, &ring), iouctl_error_message(c));
	measure_check(iouctl_ring_start(ring), "start");
	steps = (uint64_t)ring_number(c, iouctl_ring_name(ring), "steps");
	for (unsigned int i = 0; i < SWAPS; i++) {
		uint64_t begin = measure_now();

		measure_check(iouctl_ring_swap(ring, i % 2 ? "nop" : "nop-other", 0, NULL),
			      iouctl_error_message(c));
		time[i] = measure_now() - begin;
		f.stopped += iouctl_ring_head(ring)->life.state != IOURD_RING_RUNNING;
	}
	f.steps = (uint64_t)ring_number(c, iouctl_ring_name(ring), "steps") - steps;
	measure_check(iouctl_ring_destroy(ring), "destroy");
	iouctl_ring_free(ring);
	f.time[0] = measure_percentile(time, SWAPS, 50);
	f.time[1] = measure_percentile(time, SWAPS, 99);
	return f;
}
