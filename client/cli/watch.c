/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl ring watch: rates out of the mapped region and events, in one stream; iouctl monitor. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output.h"
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
	char buffer[OUTPUT_NUMBER_MAX];

	if (cli->json) {
		printf("%s\n", event->json);
		fflush(stdout);
		return;
	}
	printf("%s  %-9s", output_time(buffer, event->time_us), event->kind);
	if (event->lost)
		printf(" %" PRIu64 " events were missed", event->lost);
	if (event->ring)
		printf(" %s", event->ring);
	if (event->program)
		printf("  program %s", event->program);
	if (event->generation)
		printf("  generation %" PRIu64, event->generation);
	if (event->reason) {
		printf("  ");
		output_text(stdout, event->reason);
	}
	putchar('\n');
	fflush(stdout);
}

static int watch_failed(struct iouctl_watch *watch, int r)
{
	fprintf(stderr, "iouctl: watching: %s\n",
		r == -EREMOTEIO ? iouctl_watch_error_message(watch) : strerror(-r));
	return r == -EREMOTEIO ? STATUS_FAILED : STATUS_NO_DAEMON;
}

static int watch_open(struct cli *cli, const char *ring, struct iouctl_watch **ret)
{
	int r = cli_connect(cli); /* says it, if there is no daemon */

	if (r != 0)
		return r;
	r = iouctl_watch_new(cli->socket, ring, ret);
	if (r < 0) {
		fprintf(stderr, "iouctl: watching: %s\n", strerror(-r));
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
	/* whoever reads the stream knows now that it misses nothing from here on */
	if (cli->json)
		printf("{\"kind\":\"watching\"}\n");
	else
		fprintf(stderr, "iouctl: watching all rings that you may see; Ctrl-C ends it\n");
	fflush(stdout);
	do {
		struct pollfd pfd = {.fd = iouctl_watch_get_fd(watch), .events = POLLIN};

		if (poll(&pfd, 1, -1) < 0 && errno != EINTR) {
			r = -errno;
			break;
		}
		r = iouctl_watch_dispatch(watch, print_event, cli);
	} while (r == 0);
	r = watch_failed(watch, r);
	iouctl_watch_free(watch);
	return r;
}

struct follow {
	struct cli *cli;
	struct iouctl_ring *ring;
	char unit[32];
	uint64_t last_done;
	double last_time;
	bool ended;
	bool missed; /* events, its end perhaps */
};

static void follow_event(void *arg, const struct iouctl_event *event)
{
	struct follow *follow = arg;

	print_event(follow->cli, event);
	if (strcmp(event->kind, "destroyed") == 0)
		follow->ended = true;
	if (strcmp(event->kind, "lost") == 0)
		follow->missed = true;
}

/* The unit and the program's name are the daemon's to tell; a swap changes the latter. */
static int describe(struct follow *follow, char *program, size_t size)
{
	struct json_object *reply, *ring;
	int r = cli_call(follow->cli, "DescribeRing",
			 cli_object("ring", iouctl_ring_name(follow->ring)), NULL, 0, &reply);

	if (r != 0)
		return r;
	ring = json_member(reply, "ring");
	snprintf(program, size, "%s", json_text(ring, "program"));
	snprintf(follow->unit, sizeof(follow->unit), "%s",
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

static void print_sample(struct follow *follow, const char *program)
{
	char done[OUTPUT_NUMBER_MAX], total[OUTPUT_NUMBER_MAX], rate[OUTPUT_NUMBER_MAX];
	struct iouctl_progress progress;
	double time = now(), elapsed = time - follow->last_time, per_second;

	iouctl_ring_progress(follow->ring, &progress);
	per_second = elapsed > 0 && progress.done >= follow->last_done
			     ? (double)(progress.done - follow->last_done) / elapsed
			     : 0;
	follow->last_done = progress.done;
	follow->last_time = time;
	if (follow->cli->json) {
		struct json_object *object = cli_object("ring", iouctl_ring_name(follow->ring));

		json_object_object_add(object, "program", json_object_new_string(program));
		json_object_object_add(
			object, "state",
			json_object_new_string(ring_state_text(progress.ring_state)));
		json_object_object_add(object, "generation",
				       json_object_new_uint64(progress.generation));
		json_object_object_add(object, "done", json_object_new_uint64(progress.done));
		json_object_object_add(object, "total", json_object_new_uint64(progress.total));
		json_object_object_add(object, "unit", json_object_new_string(follow->unit));
		json_object_object_add(object, "perSecond", json_object_new_double(per_second));
		output_json_line(object);
		json_object_put(object);
		return;
	}
	printf("%-8s %-14s %12s of %-12s %14s\n", ring_state_text(progress.ring_state), program,
	       output_amount(done, progress.done, follow->unit),
	       progress.total ? output_amount(total, progress.total, follow->unit) : "?",
	       output_rate(rate, per_second, follow->unit));
	fflush(stdout);
}

static int follow_loop(struct follow *follow, struct iouctl_watch *watch, double interval,
		       uint64_t count)
{
	char program[64] = "";
	uint64_t generation = 0;
	double next;
	int r = describe(follow, program, sizeof(program));

	if (r != 0)
		return r;
	follow->last_done = iouctl_ring_head(follow->ring)->progress.done;
	follow->last_time = now();
	next = follow->last_time + interval;
	generation = iouctl_ring_head(follow->ring)->life.generation;
	while (!follow->ended) {
		struct pollfd pfd = {.fd = iouctl_watch_get_fd(watch), .events = POLLIN};
		double left = next - now();

		r = poll(&pfd, 1, left > 0 ? (int)(left * 1000) + 1 : 0);
		if (r < 0 && errno != EINTR)
			return STATUS_FAILED;
		if (r > 0) {
			r = iouctl_watch_dispatch(watch, follow_event, follow);
			if (r < 0)
				return watch_failed(watch, r);
			if (follow->missed && !follow->ended &&
			    describe(follow, program, sizeof(program)) != 0)
				return STATUS_RING_LOST;
			follow->missed = false;
			continue;
		}
		if (now() < next)
			continue;
		if (iouctl_ring_head(follow->ring)->life.generation != generation) {
			generation = iouctl_ring_head(follow->ring)->life.generation;
			if (describe(follow, program, sizeof(program)) != 0)
				return STATUS_RING_LOST;
		}
		print_sample(follow, program);
		if (count && --count == 0)
			return STATUS_OK;
		next += interval;
	}
	return STATUS_OK;
}

int watch_ring(struct cli *cli)
{
	const char *text = cli_option(cli, "interval"), *count_text = cli_option(cli, "count");
	struct follow follow = {.cli = cli};
	struct iouctl_watch *watch;
	double interval = 1;
	uint64_t count = 0;
	char *end;
	int r;

	if (text) {
		interval = strtod(text, &end);
		if (end == text || *end || !(interval >= 0.1 && interval <= 3600)) {
			fprintf(stderr,
				"iouctl ring watch: --interval takes seconds from 0.1 to "
				"3600, not \"%s\"\n",
				text);
			return STATUS_USAGE;
		}
	}
	if (count_text && (!cli_number(count_text, &count) || !count)) {
		fprintf(stderr, "iouctl ring watch: --count takes a number from 1, not \"%s\"\n",
			count_text);
		return STATUS_USAGE;
	}
	r = watch_open(cli, cli->arguments[0], &watch);
	if (r != 0)
		return r;
	r = iouctl_ring_open(cli->connection, cli->arguments[0], &follow.ring);
	if (r < 0) {
		r = cli_complain(cli, r, cli->arguments[0]);
	} else {
		r = follow_loop(&follow, watch, interval, count);
		iouctl_ring_free(follow.ring);
	}
	iouctl_watch_free(watch);
	return r;
}
