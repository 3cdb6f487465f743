/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "watching.h"

void seen_event(void *arg, const struct iouctl_event *event)
{
	struct seen *seen = arg;
	size_t length = strlen(seen->log);

	snprintf(seen->log + length, sizeof(seen->log) - length, "%s %llu %s;", event->kind,
		 (unsigned long long)event->number, event->ring ? event->ring : "-");
	assert_non_null(event->json);
	assert_non_null(strstr(event->json, event->kind));
	seen->has_colour = strstr(event->json, "colour") != NULL;
	seen->has_lost = strstr(event->json, "\"lost\":") != NULL;
	seen->last = *event;
	snprintf(seen->program, sizeof(seen->program), "%s", event->program ? event->program : "-");
	snprintf(seen->reason, sizeof(seen->reason), "%s", event->reason ? event->reason : "-");
	seen->n++;
}

int collect(struct iouctl_watch *w, struct seen *seen, size_t n)
{
	int r = 0;

	while (r == 0 && seen->n < n) {
		struct pollfd pollfd = {.fd = iouctl_watch_get_fd(w), .events = POLLIN};

		assert_int_equal(poll(&pollfd, 1, 20000), 1);
		r = iouctl_watch_dispatch(w, seen_event, seen);
	}
	return r;
}
