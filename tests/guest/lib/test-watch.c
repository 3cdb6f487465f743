/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-watch.c - what is told of a ring's life, in order */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

struct log {
	char text[512];
	uint64_t number;
};

static void on_event(void *arg, const struct iouctl_event *event)
{
	struct log *log = arg;
	size_t length = strlen(log->text);

	assert_true(event->number > log->number);
	assert_true(event->time_us > 1600000000000000);
	assert_non_null(event->ring);
	log->number = event->number;
	snprintf(log->text + length, sizeof(log->text) - length, "%s ", event->kind);
}

static void collect_until(struct iouctl_watch *w, struct log *log, const char *kind)
{
	struct pollfd pollfd = {.fd = iouctl_watch_get_fd(w), .events = POLLIN};

	while (!strstr(log->text, kind)) {
		if (poll(&pollfd, 1, PATIENCE_MS) != 1)
			fail_msg("only these events: %s", log->text);
		assert_int_equal(iouctl_watch_dispatch(w, on_event, log), 0);
	}
}

static void life_of_a_ring(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_watch *all = NULL;
	struct iouctl_watch *one = NULL;
	struct iouctl_ring *ring;
	struct iouctl_ring *other;
	struct log log = {};
	struct log log_one = {};

	assert_int_equal(iouctl_watch_new(NULL, NULL, &all), 0);
	ring = make_ring(c, "nop", "{\"operations\":1000}", NULL, 0);
	assert_int_equal(iouctl_watch_new(NULL, iouctl_ring_name(ring), &one), 0);
	other = make_ring(c, "nop", NULL, NULL, 0);
	assert_call(c, 0, iouctl_ring_destroy(other));
	iouctl_ring_free(other);
	assert_call(c, 0, iouctl_ring_start(ring));
	collect_until(all, &log, "stopped");
	assert_call(c, 0, iouctl_ring_destroy(ring));
	collect_until(one, &log_one, "destroyed");
	assert_string_equal(log_one.text, "started stopped destroyed ");
	while (log.number < log_one.number) {
		struct pollfd pollfd = {.fd = iouctl_watch_get_fd(all), .events = POLLIN};

		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
		assert_int_equal(iouctl_watch_dispatch(all, on_event, &log), 0);
	}
	assert_string_equal(log.text, "created created destroyed started stopped destroyed ");
	iouctl_ring_free(ring);
	iouctl_watch_free(one);
	iouctl_watch_free(all);
	iouctl_free(c);
}

static void pause_resume_swap(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", "{\"operations\":0}", NULL, 0);
	struct iouctl_watch *w = NULL;
	struct log log = {};

	assert_int_equal(iouctl_watch_new(NULL, iouctl_ring_name(ring), &w), 0);
	assert_call(c, 0, iouctl_ring_start(ring));
	assert_call(c, 0, iouctl_ring_pause(ring));
	assert_call(c, 0, iouctl_ring_resume(ring));
	assert_call(c, 0, iouctl_ring_swap(ring, "nop", 0, NULL));
	ring = iouctl_ring_free(ring); /* the lease ends it */
	collect_until(w, &log, "destroyed");
	assert_string_equal(log.text, "started paused resumed swapped destroyed ");
	iouctl_watch_free(w);
	iouctl_free(c);
}

static void on_event_or_gap(void *arg, const struct iouctl_event *event)
{
	struct log *log = arg;

	/* its number is of an event that has been told, or, at first, of none */
	if (strcmp(event->kind, "lost") == 0)
		strcat(log->text, "lost ");
	else
		on_event(arg, event);
}

/* Connection, watch and ring go on with the next daemon. */
static void daemon_restarted(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = make_ring(c, "nop", "{\"operations\":0}", NULL, 0);
	struct iouctl_watch *w = NULL;
	struct log log = {};
	struct pollfd pollfd;

	assert_int_equal(iouctl_watch_new(NULL, iouctl_ring_name(ring), &w), 0);
	assert_call(c, 0, iouctl_ring_start(ring));
	collect_until(w, &log, "started");
	assert_int_equal(system("systemctl restart iouringd.service"), 0);
	pollfd = (struct pollfd){.fd = iouctl_watch_get_fd(w), .events = POLLIN};
	while (!strstr(log.text, "lost")) {
		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
		assert_int_equal(iouctl_watch_dispatch(w, on_event_or_gap, &log), 0);
	}
	assert_call(c, 0, iouctl_ring_pause(ring));
	assert_call(c, 0, iouctl_ring_resume(ring));
	assert_call(c, 0, iouctl_ring_stop(ring));
	assert_int_equal(iouctl_ring_wait(ring, PATIENCE_MS), 0);
	assert_call(c, 0, iouctl_ring_destroy(ring));
	collect_until(w, &log, "destroyed");
	assert_string_equal(log.text, "started lost paused resumed stopped destroyed ");
	iouctl_ring_free(ring);
	iouctl_watch_free(w);
	iouctl_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_a_ring),
		cmocka_unit_test(pause_resume_swap),
		cmocka_unit_test(daemon_restarted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib watch in the guest", tests, daemon_start, NULL);
}
