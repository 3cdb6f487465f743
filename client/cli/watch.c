/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl ring watch: rates from the mapped region and events, in one stream; iouctl monitor. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "reply.h"
#include "ring-name.h"
#include "watch.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void print_event(void *arg, const struct iouctl_event *event)
{
	struct cli *cli = arg;
	char buffer[OUTPUT_NUMBER_MAX], lost[64] = "", generation[48] = "";
	char ring[RING_TEXT_MAX];

	if (cli->json) {
		output_json_text(event->json);
		return;
	}
	if (event->lost)
		snprintf(lost, sizeof(lost), " %" PRIu64 " events were missed", event->lost);
	if (event->generation)
		snprintf(generation, sizeof(generation), "  generation %" PRIu64,
			 event->generation);
	output_line(stdout, "%s  %-9s%s%s%s%s%s%s%s%s", output_time(buffer, event->time_us),
		    event->kind, lost, event->ring ? " " : "",
		    event->ring ? ring_text_of_name(event->ring, ring) : "",
		    event->program ? "  program " : "", event->program ? event->program : "",
		    generation, event->reason ? "  " : "", event->reason ? event->reason : "");
	fflush(stdout);
}

static int print_watch_failure(struct iouctl_watch *watch, int r)
{
	output_error("cannot watch: %s",
		     r == -EREMOTEIO ? iouctl_watch_error_message(watch) : strerror(-r));
	return r == -EREMOTEIO ? STATUS_FAILED : STATUS_NO_DAEMON;
}

static int watch_open(struct cli *cli, const char *ring, struct iouctl_watch **ret)
{
	int r = cli_connect(cli); /* for its message if there is no daemon */

	if (r != 0)
		return r;
	r = iouctl_watch_new(cli->socket, ring, ret);
	if (r < 0) {
		output_error("cannot watch: %s", strerror(-r));
		return STATUS_FAILED;
	}
	return 0;
}

int watch_all(struct cli *cli)
{
	struct iouctl_watch *watch;
	int r = watch_open(cli, NULL, &watch);

	if (r != 0)
		return r;
	/* tells the reader that the stream is complete from here on */
	if (cli->json)
		printf("{\"kind\":\"watching\"}\n");
	else
		output_error("watching all rings that you may see; press Ctrl-C to exit");
	fflush(stdout);
	do {
		struct pollfd pfd = {.fd = iouctl_watch_get_fd(watch), .events = POLLIN};

		if (poll(&pfd, 1, -1) < 0 && errno != EINTR) {
			r = -errno;
			break;
		}
		r = iouctl_watch_dispatch(watch, print_event, cli);
	} while (r == 0 && !ferror(stdout)); /* where SIGPIPE is ignored; main() reports it */
	r = r == 0 ? STATUS_FAILED : print_watch_failure(watch, r);
	iouctl_watch_free(watch);
	return r;
}

struct sampler {
	struct cli *cli;
	struct iouctl_ring *ring;
	char unit[32];
	uint64_t last_done;
	double last_time;
	bool ended;
	bool missed; /* events; perhaps the end of the ring */
};

static void on_event(void *arg, const struct iouctl_event *event)
{
	struct sampler *sampler = arg;

	print_event(sampler->cli, event);
	if (strcmp(event->kind, "destroyed") == 0)
		sampler->ended = true;
	if (strcmp(event->kind, "lost") == 0)
		sampler->missed = true;
}

/* Asks the daemon for the unit and the program's name, which change with a swap. */
static int describe(struct sampler *sampler, char *program, size_t size)
{
	struct json_object *reply, *ring;
	int r = cli_call(sampler->cli, "DescribeRing",
			 cli_object("ring", iouctl_ring_name(sampler->ring)), NULL, 0, &reply);

	if (r != 0)
		return r;
	ring = json_member(reply, "ring");
	snprintf(program, size, "%s", json_text(ring, "program"));
	snprintf(sampler->unit, sizeof(sampler->unit), "%s",
		 json_text(json_member(ring, "work"), "unit"));
	json_object_put(reply);
	return 0;
}

static const char *ring_state_text(uint32_t state)
{
	static const char *const texts[] = {"created", "running", "paused",
					    "stopped", "failed",  "ended"};

	return state < sizeof(texts) / sizeof(texts[0]) ? texts[state] : "unknown";
}

static void print_sample(struct sampler *sampler, const char *program)
{
	char done[OUTPUT_NUMBER_MAX], total[OUTPUT_NUMBER_MAX], rate[OUTPUT_NUMBER_MAX];
	struct iouctl_progress progress;
	double time = now(), elapsed = time - sampler->last_time, per_second;

	iouctl_ring_progress(sampler->ring, &progress);
	per_second = elapsed > 0 && progress.done >= sampler->last_done
			     ? (double)(progress.done - sampler->last_done) / elapsed
			     : 0;
	sampler->last_done = progress.done;
	sampler->last_time = time;
	if (sampler->cli->json) {
		struct json_object *object = cli_object("ring", iouctl_ring_name(sampler->ring));

		json_object_object_add(object, "program", json_object_new_string(program));
		json_object_object_add(
			object, "state",
			json_object_new_string(ring_state_text(progress.ring_state)));
		json_object_object_add(object, "generation",
				       json_object_new_uint64(progress.generation));
		json_object_object_add(object, "done", json_object_new_uint64(progress.done));
		json_object_object_add(object, "total", json_object_new_uint64(progress.total));
		json_object_object_add(object, "unit", json_object_new_string(sampler->unit));
		json_object_object_add(object, "perSecond", json_object_new_double(per_second));
		output_json_line(object);
		json_object_put(object);
		return;
	}
	output_line(stdout, "%-8s %-14s %12s of %-12s %14s", ring_state_text(progress.ring_state),
		    program, output_amount(done, progress.done, sampler->unit),
		    progress.total ? output_amount(total, progress.total, sampler->unit) : "?",
		    output_rate(rate, per_second, sampler->unit));
	fflush(stdout);
}

static int watch_loop(struct sampler *sampler, struct iouctl_watch *watch, double interval,
		      uint64_t count)
{
	char program[64] = "";
	uint64_t generation = 0;
	double next;
	int r = describe(sampler, program, sizeof(program));

	if (r != 0)
		return r;
	sampler->last_done = iouctl_ring_head(sampler->ring)->progress.done;
	sampler->last_time = now();
	next = sampler->last_time + interval;
	generation = iouctl_ring_head(sampler->ring)->life.generation;
	while (!sampler->ended && !ferror(stdout)) {
		struct pollfd pfd = {.fd = iouctl_watch_get_fd(watch), .events = POLLIN};
		double remaining = next - now();

		r = poll(&pfd, 1, remaining > 0 ? (int)(remaining * 1000) + 1 : 0);
		if (r < 0 && errno != EINTR)
			return STATUS_FAILED;
		if (r > 0) {
			r = iouctl_watch_dispatch(watch, on_event, sampler);
			if (r < 0)
				return print_watch_failure(watch, r);
			if (sampler->missed && !sampler->ended &&
			    describe(sampler, program, sizeof(program)) != 0)
				return STATUS_RING_LOST;
			sampler->missed = false;
			continue;
		}
		if (now() < next)
			continue;
		if (iouctl_ring_head(sampler->ring)->life.generation != generation) {
			generation = iouctl_ring_head(sampler->ring)->life.generation;
			if (describe(sampler, program, sizeof(program)) != 0)
				return STATUS_RING_LOST;
		}
		print_sample(sampler, program);
		if (count && --count == 0)
			return STATUS_OK;
		next += interval;
	}
	return STATUS_OK;
}

int watch_ring(struct cli *cli)
{
	const char *text = cli_option(cli, "interval"), *count_text = cli_option(cli, "count");
	struct sampler sampler = {.cli = cli};
	struct iouctl_watch *watch;
	double interval = 1;
	uint64_t count = 0;
	char *end;
	int r;

	if (text) {
		interval = strtod(text, &end);
		if (end == text || *end || !(interval >= 0.1 && interval <= 3600)) {
			output_error("ring watch: --interval: expected seconds from 0.1 to 3600, "
				     "not \"%s\"",
				     text);
			return STATUS_USAGE;
		}
	}
	if (count_text && (!cli_number(count_text, &count) || !count)) {
		output_error("ring watch: --count: expected a number of at least 1, not \"%s\"",
			     count_text);
		return STATUS_USAGE;
	}
	r = watch_open(cli, cli->ring, &watch);
	if (r != 0)
		return r;
	r = iouctl_ring_open(cli->connection, cli->ring, &sampler.ring);
	if (r < 0) {
		r = cli_print_failure(cli, r, cli->arguments[0]);
	} else {
		r = watch_loop(&sampler, watch, interval, count);
		iouctl_ring_free(sampler.ring);
	}
	iouctl_watch_free(watch);
	return r;
}
