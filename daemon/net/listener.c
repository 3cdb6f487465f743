/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/listener.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/loop.h"
#include "util/log.h"
#include "util/parcel.h"
#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/message.h"
#include "wire/socket.h"

#define ACCEPTS_AT_ONCE 16 /* then other watchers get their turn */
#define PAUSE_SECONDS	.2 /* after a failed accept, as without descriptors */

struct listener { /* owned by the daemon */
	struct listener_limits limits;
	struct ev_io acceptable;
	struct ev_timer pause;
	bool pausing; /* the last accept failed, and was logged */
	struct conns conns;
};

/* 0, or a fault that names the exceeded limit. Finds out who pays. */
static int check_limits(const struct listener *listener, struct peer *peer, struct note *note)
{
	const struct listener_limits *limits = &listener->limits;
	const struct policy *policy = limits->policies->current;
	const struct policy_client client = policy_client_of(peer);
	struct policy_answer limit;
	size_t used;
	int r;

	peer->payer = policy_payer(policy, peer->user.uid);
	used = turns_count(&listener->conns.turns, peer->payer);
	policy_decide(policy, &client, POLICY_CONNECTIONS, NULL, &limit);
	r = policy_fits(&limit, used, 1, note);
	if (r != 0)
		return r;
	/* full or not, the administrator can connect, and so can who has few connections */
	if (peer->payer == 0 || listener->conns.n < limits->connections - limits->connections / 4 ||
	    (used < limits->guaranteed && listener->conns.n < limits->connections))
		return 0;
	return fault_quota_exceeded(note, "connections", limits->connections, "iouringd.conf");
}

static void refuse(int fd, int r, const struct note *note)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	/* this fits into a new socket's buffer, unless the client has disconnected */
	if (message_build_fault(r, note, &text, &length) == 0)
		(void)socket_send(fd, text, length + 1, NULL, 0);
}

/*
 * An out-of-band byte can carry descriptors, too, and reading past it would close them here.
 * Inline, it is a byte like others.
 */
static int take_oob_inline(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)) < 0 ? -errno : 0;
}

static void welcome_take_fd(struct listener *listener, int taken_fd)
{
	struct parcels *parcels = listener->conns.parcels;
	struct peer peer = {0};
	struct note note = {0};
	struct conn *conn;
	int fd = taken_fd, r;

	r = peer_init(&peer, fd);
	if (r == 0)
		r = take_oob_inline(fd);
	if (r == 0)
		r = check_limits(listener, &peer, &note);
	if (r > 0)
		refuse(fd, r, &note);
	else if (r == 0)
		r = conn_new_take_fd(&listener->conns, take_fd(&fd), &peer, &conn);
	if (r < 0)
		log_warning("cannot serve a client: %s", strerror(-r));
	if (fd >= 0) /* it may have sent descriptors before it was accepted */
		parcels->close_take_fd(parcels, &peer.user, fd);
	note_done(&note);
	peer_done(&peer);
}

/* Retries later: the socket stays readable, so retrying at once would spin. */
static void pause_accepting(struct listener *listener, int error)
{
	struct ev_loop *ev = loop_ev(listener->conns.loop);

	if (!listener->pausing)
		log_warning("cannot accept clients, which have to wait: %s", strerror(error));
	listener->pausing = true;
	ev_io_stop(ev, &listener->acceptable);
	ev_timer_set(&listener->pause, PAUSE_SECONDS, 0.);
	ev_timer_start(ev, &listener->pause);
}

static void on_pause_over(struct ev_loop *ev, struct ev_timer *watcher, int events)
{
	struct listener *listener = watcher->data;

	ev_io_start(ev, &listener->acceptable);
}

static void on_acceptable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct listener *listener = watcher->data;

	for (unsigned int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd = accept4(watcher->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 && errno != EAGAIN)
			pause_accepting(listener, errno);
		if (fd < 0)
			return;
		listener->pausing = false;
		welcome_take_fd(listener, fd);
	}
}

int listener_new(struct loop *loop, int fd, const struct listener_limits *limits,
		 struct parcels *parcels, const struct conn_handler *handler, void *arg,
		 struct listener **ret)
{
	const int yes = 1;
	struct listener *made;
	int r;

	/* Connections inherit it before their clients can send: conn.c checks who sends. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
		return -errno;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->limits = *limits;
	r = conns_init(&made->conns, loop, parcels, limits->policies, handler, arg);
	if (r < 0) {
		free(made);
		return r;
	}
	ev_io_init(&made->acceptable, on_acceptable, fd, EV_READ);
	ev_timer_init(&made->pause, on_pause_over, PAUSE_SECONDS, 0.);
	made->acceptable.data = made->pause.data = made;
	ev_io_start(loop_ev(loop), &made->acceptable);
	*ret = made;
	return 0;
}

void listener_stop(struct listener *listener)
{
	ev_io_stop(loop_ev(listener->conns.loop), &listener->acceptable);
	ev_timer_stop(loop_ev(listener->conns.loop), &listener->pause);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	listener_stop(listener);
	conns_done(&listener->conns);
	free(listener);
}
