/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch.c - Watch: sends events as they happen to the users who may see them
 *
 * A watcher that reads too slowly gets no events until it has read its queue. Then it gets one
 * event with the number of events that it missed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/context.h"
#include "api/handlers.h"
#include "common/cleanup.h"
#include "common/names.h"

#define WATCH_QUEUE_MAX (64u << 10) /* bytes that may wait for a slow reader */

struct watcher {	       /* owned by its session */
	struct list_link link; /* in the api's list */
	struct session *session;
	char *ring; /* only this one's events; NULL: all */
	int64_t lost;
};

static const char *const kinds[] = {
	[EVENT_CREATED] = "created",	    [EVENT_STARTED] = "started",
	[EVENT_PAUSED] = "paused",	    [EVENT_RESUMED] = "resumed",
	[EVENT_SWAPPED] = "swapped",	    [EVENT_STOPPED] = "stopped",
	[EVENT_ROLLED_BACK] = "rolledBack", [EVENT_FAILED] = "failed",
	[EVENT_DESTROYED] = "destroyed",
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void watcher_free(struct watcher *watcher)
{
	if (!watcher)
		return;
	list_unlink(&watcher->link);
	watcher->session->watcher = NULL;
	free(watcher->ring);
	free(watcher);
}

/* Counts an event that cannot be sent as lost. */
static void notify(struct watcher *watcher, const struct out_watch *out)
{
	struct call *call = watcher->session->call;

	if (call_reply_more(call, out) == 0)
		return;
	note_done(&call->note); /* nobody is told why */
	watcher->lost += out->lost.set ? out->lost.value : 1;
}

/* An event that concerns this watcher only. */
static struct out_watch make_notice(const struct watcher *watcher, const char *kind)
{
	return (struct out_watch){
		.kind = kind,
		.number = (int64_t)manager_last_event(watcher->session->api->manager,
						      conn_peer(watcher->session->conn)),
		.time = now_us(),
		.ring = watcher->ring,
	};
}

void watcher_drained(struct watcher *watcher)
{
	struct out_watch out = make_notice(watcher, "lost");

	if (watcher->lost == 0)
		return;
	out.lost = (struct optional_int){.set = true, .value = watcher->lost};
	watcher->lost = 0;
	notify(watcher, &out);
}

static bool concerns(const struct watcher *watcher, const struct manager_event *event)
{
	const struct peer *peer = conn_peer(watcher->session->conn);

	if (!manager_may_see(watcher->session->api->manager, peer, event->uid))
		return false;
	return !watcher->ring || manager_ring_meant(&event->ring, peer->user.uid, watcher->ring);
}

static void tell(struct watcher *watcher, const struct manager_event *event)
{
	const struct peer *peer = conn_peer(watcher->session->conn);
	const struct out_watch out = {
		.kind = kinds[event->kind],
		.number =
			(int64_t)manager_event_number(watcher->session->api->manager, peer, event),
		.time = (int64_t)event->time_us,
		.ring = ring_title_for(&event->ring, peer->user.uid),
		.program = event->program,
		.user = {.set = true, .value = event->uid},
		.generation = {.set = true, .value = (int64_t)event->generation},
		.reason = event->reason,
	};

	if (watcher->lost > 0 || conn_queued(watcher->session->conn) > WATCH_QUEUE_MAX)
		watcher->lost++;
	else
		notify(watcher, &out);
}

void api_event(struct api *api, const struct manager_event *event)
{
	struct watcher *watcher;

	list_for_each(watcher, &api->watchers, link)
		if (concerns(watcher, event))
			tell(watcher, event);
}

int handle_watch(struct call *call, const void *input)
{
	const struct in_watch *in = input;
	_cleanup_free_ struct watcher *watcher = calloc(1, sizeof(*watcher));
	_cleanup_free_ char *ring = NULL;
	struct out_watch out;
	int r;

	if (!watcher)
		return -ENOMEM;
	if (in->ring && !ring_reference_valid(in->ring))
		return fault_invalid_parameter(&call->note, "ring", in->ring,
					       RING_REFERENCE_EXPECTED);
	if (in->ring) {
		ring = strdup(in->ring);
		if (!ring)
			return -ENOMEM;
	}
	watcher->session = call->session;
	watcher->ring = ring;
	out = make_notice(watcher, "watching");
	r = call_reply_more(call, &out);
	if (r != 0)
		return r;
	ring = NULL;
	call->session->watcher = watcher;
	list_append(&call->api->watchers, &watcher->link);
	(void)take_ptr(watcher);
	return 0;
}
