/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch.c - receives events over a separate connection, and reconnects when it is lost
 *
 * The application polls an epoll descriptor, which stays the same. It contains the connection and a
 * timer that expires when it is time to reconnect. All state changes happen in
 * iouctl_watch_dispatch(), which never blocks.
 */
#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "iouctl.h"
#include "lib/reply.h"
#include "lib/failure.h"
#include "lib/futex.h"
#include "lib/transport.h"
#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"

/* The delay between attempts to connect; it doubles while they fail. */
#define WAIT_MIN_NS (50 * INT64_C(1000000))
#define WAIT_MAX_NS (5000 * INT64_C(1000000))
/* The daemon begins a new count at least so far from the old one. */
#define COUNTED_ANEW (INT64_C(1) << 32)

struct iouctl_watch {
	struct transport transport; /* while it is disconnected, the timer runs */
	struct failure failure;
	char *ring; /* NULL: all rings */
	int epoll_fd;
	int timer_fd;
	bool subscribed;       /* the first reply over this connection has arrived */
	unsigned int attempts; /* to connect, since the last subscription */
	int64_t last_attempt;  /* as of now_ns() */
	int64_t last_number;   /* the highest event number received */
	int error;	       /* what ended the watch; 0: it is active */
};

static int subscribe(struct iouctl_watch *w)
{
	_cleanup_json_ struct json_object *parameters = NULL;
	_cleanup_(schema_fds_done) struct schema_fds fds = {};
	const struct schema_method *method = schema_find_method(&manager_interface, "Watch");
	const struct in_watch in = {.ring = w->ring};
	int r;

	assert(method);
	r = schema_encode(method->input, &in, &fds, &parameters);
	if (r < 0)
		return r;
	return transport_send(&w->transport, MANAGER_INTERFACE ".Watch", parameters, TRANSPORT_MORE,
			      NULL, 0);
}

/* Passes one event to the application; its texts belong to the reply. */
static void deliver(const struct event_reply *in, const char *json,
		    void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	const struct iouctl_event out = {
		.kind = in->kind,
		.number = in->number,
		.time_us = in->time,
		.ring = in->ring,
		.program = in->program,
		.reason = in->reason,
		.generation = in->generation.set ? in->generation.value : 0,
		.lost = in->lost.set ? in->lost.value : 0,
		.json = json,
	};

	event(arg, &out);
}

/*
 * Turns the first reply over a new connection into a "lost" event. Its number is that of the last
 * event, including events of rings that this watch does not report. A number below the last one
 * received, or far beyond it, means that the daemon counts anew or has had no event yet.
 */
static int make_lost(const struct iouctl_watch *w, struct json_object *reply)
{
	int64_t now = json_object_get_int64(json_object_object_get(reply, "number"));
	int64_t lost =
		now >= w->last_number && w->last_number >= 0 && now - w->last_number < COUNTED_ANEW
			? now - w->last_number
			: -1;
	char reason[96];

	if (lost < 0)
		snprintf(reason, sizeof(reason),
			 "reconnected to iouringd; the number of missed events is unknown");
	else if (lost == 0)
		snprintf(reason, sizeof(reason), "reconnected to iouringd; no events were missed");
	else
		snprintf(reason, sizeof(reason),
			 "reconnected to iouringd; %lld events occurred in the meantime",
			 (long long)lost);
	if (json_object_object_add(reply, "kind", json_object_new_string("lost")) < 0 ||
	    json_object_object_add(reply, "reason", json_object_new_string(reason)) < 0)
		return -ENOMEM;
	if (lost >= 0 && json_object_object_add(reply, "lost", json_object_new_int64(lost)) < 0)
		return -ENOMEM;
	return 0;
}

/* Decodes one reply, and passes it to @event unless that is NULL. */
static int handle_reply(struct iouctl_watch *w, const struct raw_reply *raw,
			void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	_cleanup_(reply_done) struct reply reply = {};
	_cleanup_(note_done) struct note note = {};
	_cleanup_free_ char *json = NULL;
	struct event_reply decoded;
	int r;

	if (raw->message.error)
		return failure_refused(&w->failure, raw->message.error, raw->message.parameters);
	if (!raw->message.parameters)
		return -EPROTO;
	r = event && !w->subscribed ? make_lost(w, raw->message.parameters) : 0;
	if (r < 0)
		return r;
	/* as text first: reply_decode() removes the members that the library does not know */
	r = json_print(raw->message.parameters, false, &json);
	if (r < 0)
		return r;
	reply.parameters = json_object_get(raw->message.parameters);
	r = reply_decode(&reply, &reply_event_type, &note, &decoded);
	if (r != 0)
		return failure_from_note(&w->failure, r, &note, -EPROTO, "Watch");
	if (decoded.number > w->last_number || !w->subscribed)
		w->last_number = decoded.number;
	if (event)
		deliver(&decoded, json, event, arg);
	if (!raw->message.continues)
		return -ECONNRESET;
	w->subscribed = true;
	w->attempts = 0;
	return 0;
}

/* Records the error that ends the watch. */
static int fail(struct iouctl_watch *w, int r)
{
	w->error = r;
	if (w->failure.message)
		return r;
	return failure_set(&w->failure, r, "Watch: %s", strerror(-r));
}

/* Receives the first reply, which confirms the subscription. */
static int receive_first(struct iouctl_watch *w)
{
	_cleanup_(raw_reply_done) struct raw_reply raw = {};
	int r;

	/* what follows it must stay in the socket, so that poll() reports it */
	r = transport_receive_exact(&w->transport, &raw);
	if (r == 0)
		r = handle_reply(w, &raw, NULL, NULL);
	return r;
}

static int receive_next(struct iouctl_watch *w,
			void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	_cleanup_(raw_reply_done) struct raw_reply raw = {};
	int r = transport_receive(&w->transport, &raw);

	return r < 0 ? r : handle_reply(w, &raw, event, arg);
}

/* Adds the connection to the descriptor that the application polls. */
static int add_to_epoll(struct iouctl_watch *w)
{
	struct epoll_event readable = {.events = EPOLLIN};

	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->transport.fd, &readable) < 0)
		return -errno;
	return 0;
}

/* Drops the connection and sets the timer for the next attempt, which may be due at once. */
static void schedule_reconnect(struct iouctl_watch *w)
{
	unsigned int doublings = w->attempts > 1 ? w->attempts - 1 : 0;
	int64_t wait = doublings < 7 ? WAIT_MIN_NS << doublings : WAIT_MAX_NS;
	int64_t due = w->last_attempt + wait;
	const struct itimerspec timer = {
		.it_value = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000},
	};
	int r;

	/* explicitly, because a child of the application may hold a copy of the descriptor */
	if (w->transport.fd >= 0)
		epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, w->transport.fd, NULL);
	transport_disconnect(&w->transport);
	w->subscribed = false;
	r = timerfd_settime(w->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
	assert(r == 0);
}

static int connect_and_subscribe(struct iouctl_watch *w)
{
	int r = transport_reconnect(&w->transport);

	w->last_attempt = now_ns();
	w->attempts++;
	return r < 0 ? r : subscribe(w);
}

/* Reconnects if the timer has expired. Any failure may be temporary, so another attempt follows. */
static int try_reconnect(struct iouctl_watch *w)
{
	uint64_t expirations;
	int r;

	if (read(w->timer_fd, &expirations, sizeof(expirations)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	r = connect_and_subscribe(w);
	if (r == 0)
		r = add_to_epoll(w);
	if (r < 0)
		schedule_reconnect(w);
	return 0;
}

static int make_epoll(struct iouctl_watch *w)
{
	struct epoll_event readable = {.events = EPOLLIN};

	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0)
		return -errno;
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer_fd < 0)
		return -errno;
	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->timer_fd, &readable) < 0)
		return -errno;
	return 0;
}

/* The daemon may refuse before it has received the whole call. */
static int subscribe_and_wait(struct iouctl_watch *w)
{
	int r = connect_and_subscribe(w);

	return r == 0 || r == -ECONNRESET ? receive_first(w) : r;
}

static int watch_init(struct iouctl_watch *w, const char *path, const char *ring)
{
	int r;

	w->ring = ring ? strdup(ring) : NULL;
	if (ring && !w->ring)
		return -ENOMEM;
	r = make_epoll(w);
	if (r == 0)
		r = transport_init(&w->transport, path);
	if (r == 0)
		r = subscribe_and_wait(w);
	if (r == -ECONNRESET) { /* once more, as for any call that changes nothing */
		transport_disconnect(&w->transport);
		r = subscribe_and_wait(w);
	}
	if (r == 0)
		r = add_to_epoll(w);
	w->transport.deadline = 0; /* from now on, never wait */
	return r;
}

int iouctl_watch_new(const char *path, const char *ring, struct iouctl_watch **ret)
{
	struct iouctl_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->transport.fd = w->epoll_fd = w->timer_fd = -1;
	r = watch_init(w, path, ring);
	if (r < 0) {
		iouctl_watch_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

struct iouctl_watch *iouctl_watch_free(struct iouctl_watch *w)
{
	if (!w)
		return NULL;
	transport_done(&w->transport);
	safe_close(w->timer_fd);
	safe_close(w->epoll_fd);
	failure_done(&w->failure);
	free(w->ring);
	free(w);
	return NULL;
}

int iouctl_watch_get_fd(const struct iouctl_watch *w)
{
	return w->epoll_fd;
}

int iouctl_watch_dispatch(struct iouctl_watch *w,
			  void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	int r;

	if (w->error)
		return w->error;
	do {
		r = w->transport.fd >= 0 ? receive_next(w, event, arg) : try_reconnect(w);
		if (r == -ECONNRESET) {
			schedule_reconnect(w);
			r = 0;
		}
	} while (r == 0);
	return r == -ETIMEDOUT ? 0 : fail(w, r);
}

const char *iouctl_watch_error_message(const struct iouctl_watch *w)
{
	return failure_message(&w->failure);
}
