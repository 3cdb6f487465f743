/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch.c - events, over a connection of their own, and the next one when that is lost
 *
 * The application polls an epoll descriptor, which stays the same. In it are the connection, and a
 * timer that is due when it is time to connect again. So all that happens to the watch happens in
 * iouctl_watch_dispatch(), which does not wait for anything.
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
#include "lib/answer.h"
#include "lib/failure.h"
#include "lib/futex.h"
#include "lib/transport.h"
#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"

/* Between two tries to connect, doubling while they fail. */
#define WAIT_MIN_NS (50 * INT64_C(1000000))
#define WAIT_MAX_NS (5000 * INT64_C(1000000))

struct iouctl_watch {
	struct transport transport; /* without a connection, the timer runs */
	struct failure failure;
	char *ring; /* NULL: all */
	int epoll_fd;
	int timer_fd;
	bool begun;	     /* the first answer over this connection has come */
	unsigned int tries;  /* to connect, since there was one that had begun */
	int64_t last_try;    /* of now_ns() */
	int64_t last_number; /* the highest that the daemon has told */
	int error;	     /* what ended it; 0: it goes on */
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

/* Hands on one event; what it points to is the answer's. */
static void hand_on(const struct answer_event *in, const char *json,
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
 * Makes the first answer over another connection the event that tells of the gap. Its number is
 * the last of the daemon's, those that we do not see included. A lower one than we know of is of a
 * daemon that has forgotten, or has no event yet.
 */
static int make_lost(const struct iouctl_watch *w, struct json_object *answer)
{
	int64_t now = json_object_get_int64(json_object_object_get(answer, "number"));
	int64_t lost = now >= w->last_number && w->last_number >= 0 ? now - w->last_number : -1;
	char reason[96];

	if (lost < 0)
		snprintf(reason, sizeof(reason),
			 "reconnected to iouringd; how many events were missed is not known");
	else if (lost == 0)
		snprintf(reason, sizeof(reason), "reconnected to iouringd; no event was missed");
	else
		snprintf(reason, sizeof(reason),
			 "reconnected to iouringd; it had %lld events meanwhile", (long long)lost);
	if (json_object_object_add(answer, "kind", json_object_new_string("lost")) < 0 ||
	    json_object_object_add(answer, "reason", json_object_new_string(reason)) < 0)
		return -ENOMEM;
	if (lost >= 0 && json_object_object_add(answer, "lost", json_object_new_int64(lost)) < 0)
		return -ENOMEM;
	return 0;
}

/* Makes an event of one reply; hands it to @event unless that is NULL. */
static int take_reply(struct iouctl_watch *w, const struct reply *reply,
		      void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	_cleanup_(answer_done) struct answer answer = {};
	_cleanup_(note_done) struct note note = {};
	_cleanup_free_ char *json = NULL;
	struct answer_event decoded;
	int r;

	if (reply->message.error)
		return failure_refused(&w->failure, reply->message.error,
				       reply->message.parameters);
	if (!reply->message.parameters)
		return -EPROTO;
	r = event && !w->begun ? make_lost(w, reply->message.parameters) : 0;
	if (r < 0)
		return r;
	/* as text before it is cut down to what we know */
	r = json_print(reply->message.parameters, false, &json);
	if (r < 0)
		return r;
	answer.parameters = json_object_get(reply->message.parameters);
	r = answer_decode(&answer, &answer_event_type, &note, &decoded);
	if (r != 0)
		return failure_from_note(&w->failure, r, &note, -EPROTO, "Watch");
	if (decoded.number > w->last_number || !w->begun)
		w->last_number = decoded.number;
	if (event)
		hand_on(&decoded, json, event, arg);
	if (!reply->message.continues)
		return -ECONNRESET;
	w->begun = true;
	w->tries = 0;
	return 0;
}

/* Remembers what ended the watch. */
static int end(struct iouctl_watch *w, int r)
{
	w->error = r;
	if (w->failure.message)
		return r;
	return failure_set(&w->failure, r, "Watch: %s", strerror(-r));
}

/* The answer that says that it has begun. */
static int receive_first(struct iouctl_watch *w)
{
	_cleanup_(reply_done) struct reply reply = {};
	int r;

	/* what comes after it stays in the socket, so that polling it tells of it */
	r = transport_receive_exact(&w->transport, &reply);
	if (r == 0)
		r = take_reply(w, &reply, NULL, NULL);
	return r;
}

static int receive_next(struct iouctl_watch *w,
			void (*event)(void *arg, const struct iouctl_event *event), void *arg)
{
	_cleanup_(reply_done) struct reply reply = {};
	int r = transport_receive(&w->transport, &reply);

	return r < 0 ? r : take_reply(w, &reply, event, arg);
}

/* The connection is one of the things that the application polls for. */
static int attend(struct iouctl_watch *w)
{
	struct epoll_event readable = {.events = EPOLLIN};

	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->transport.fd, &readable) < 0)
		return -errno;
	return 0;
}

/* Lets go of the connection; the timer says when to make the next one: maybe at once. */
static void lose(struct iouctl_watch *w)
{
	unsigned int doublings = w->tries > 1 ? w->tries - 1 : 0;
	int64_t wait = doublings < 7 ? WAIT_MIN_NS << doublings : WAIT_MAX_NS;
	int64_t due = w->last_try + wait;
	const struct itimerspec timer = {
		.it_value = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000},
	};
	int r;

	/* not left to closing it: a child of the application may have a copy */
	if (w->transport.fd >= 0)
		epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, w->transport.fd, NULL);
	transport_disconnect(&w->transport);
	w->begun = false;
	r = timerfd_settime(w->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
	assert(r == 0);
}

static int begin(struct iouctl_watch *w)
{
	int r = transport_reconnect(&w->transport);

	w->last_try = now_ns();
	w->tries++;
	return r < 0 ? r : subscribe(w);
}

/* If it is time for that. Whatever connecting fails of may pass: the next try comes later. */
static int begin_again(struct iouctl_watch *w)
{
	uint64_t times;
	int r;

	if (read(w->timer_fd, &times, sizeof(times)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	r = begin(w);
	if (r == 0)
		r = attend(w);
	if (r < 0)
		lose(w);
	return 0;
}

static int make_poll_fds(struct iouctl_watch *w)
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

/* The daemon may say no before it has got all of the call. */
static int begin_and_wait(struct iouctl_watch *w)
{
	int r = begin(w);

	return r == 0 || r == -ECONNRESET ? receive_first(w) : r;
}

static int watch_init(struct iouctl_watch *w, const char *path, const char *ring)
{
	int r;

	w->ring = ring ? strdup(ring) : NULL;
	if (ring && !w->ring)
		return -ENOMEM;
	r = make_poll_fds(w);
	if (r == 0)
		r = transport_init(&w->transport, path);
	if (r == 0)
		r = begin_and_wait(w);
	if (r == -ECONNRESET) { /* once more, as of a call that only reads */
		transport_disconnect(&w->transport);
		r = begin_and_wait(w);
	}
	if (r == 0)
		r = attend(w);
	w->transport.deadline = 0; /* from now on, only what is there */
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
		r = w->transport.fd >= 0 ? receive_next(w, event, arg) : begin_again(w);
		if (r == -ECONNRESET) {
			lose(w);
			r = 0;
		}
	} while (r == 0);
	return r == -ETIMEDOUT ? 0 : end(w, r);
}

const char *iouctl_watch_error_message(const struct iouctl_watch *w)
{
	return failure_message(&w->failure);
}
