/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/conn.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "net/hang-ups.h"
#include "net/loop.h"
#include "net/memory.h"
#include "policy/policy.h"
#include "util/log.h"
#include "util/parcel.h"
#include "wire/fault.h"
#include "wire/frame.h"
#include "wire/manager.h"
#include "wire/message.h"
#include "wire/socket.h"

#define LINGER_SECONDS 3. /* for the client to read the last reply */

struct conn { /* owned by conns; freed by the reaper or conn_free() */
	struct conns *conns;
	struct list_link link;
	struct reap reap;
	int fd;
	struct peer peer;
	void *session;
	bool opened;
	struct ev_io readable;
	struct ev_io writable;
	struct hang_up hang_up;
	struct turn turn; /* to read, and to handle a message */
	struct ev_timer linger;
	struct frame_reader reader;
	struct frame_writer writer;
	struct frame next; /* from the reader, not handed on yet */
	struct arrival arrival;
	struct parcel *parcel; /* the descriptors of the message that is read, or of next */
	struct memory memory;  /* of reader and writer */
	char *refusal;	       /* the last reply: why the input is refused */
	size_t refusal_length;
	bool has_next;
	bool arriving;	/* bytes with descriptors are received elsewhere */
	bool busy;	/* a message has no reply yet */
	bool handling;	/* within serve() */
	bool hung_up;	/* the client sends no more */
	bool ended;	/* ... and all that it sent has been read */
	bool finishing; /* close when all is written */
	bool draining;	/* input is discarded until the client closes */
	bool dead;	/* on the loop's list of objects to free */
};

const struct peer *conn_peer(const struct conn *conn)
{
	return &conn->peer;
}

size_t conn_queued(const struct conn *conn)
{
	return conn->writer.queued;
}

int conn_reserve_reply(struct conn *conn, struct note *note)
{
	return memory_reserve(&conn->memory, note);
}

int conn_may_send(const struct conn *conn, size_t length, struct note *note)
{
	return memory_check(&conn->memory, length, note);
}

/* The parcel counts as long as it lives. */
static int charge_parcel(struct conn *conn, struct parcel *parcel, struct note *note)
{
	const struct policy_client client = policy_client_of(&conn->peer);
	struct policies *policies = conn->conns->policies;
	int r = usage_begin(&policies->usages, conn->peer.payer, USAGE_DESCRIPTORS,
			    &parcel->charge);

	return r < 0 ? r
		     : policy_charge(policies->current, &client, parcel->n, note, &parcel->charge);
}

static struct ev_loop *ev_of(const struct conn *conn)
{
	return loop_ev(conn->conns->loop);
}

static void set_watcher(struct conn *conn, struct ev_io *watcher, bool on)
{
	if (on)
		ev_io_start(ev_of(conn), watcher);
	else
		ev_io_stop(ev_of(conn), watcher);
}

static bool may_handle(const struct conn *conn)
{
	return !conn->busy && !conn->finishing && !conn->dead && frame_writer_empty(&conn->writer);
}

static bool may_read(const struct conn *conn)
{
	return may_handle(conn) && !conn->has_next && !conn->arriving && !conn->refusal &&
	       !conn->ended;
}

/* Every message has its reply: sends the refusal, or closes if the client has. */
static void finish_input(struct conn *conn)
{
	if (conn->refusal) {
		_cleanup_free_ char *text = take_ptr(conn->refusal);

		conn_send(conn, text, conn->refusal_length, NULL); /* calls update_watchers() */
		conn_finish(conn);
	} else if (conn->ended) {
		conn->finishing = true;
	}
}

static void hang_up(struct conn *conn)
{
	if (conn->ended) {
		conn_give_up(conn);
		return;
	}
	/* closing while the client still sends would lose the reply that it has not read */
	shutdown(conn->fd, SHUT_WR);
	conn->draining = true;
}

/* Starts and stops the watchers according to the connection's state. */
static void update_watchers(struct conn *conn)
{
	if (conn->dead || conn->handling)
		return;
	if (!conn->has_next && !conn->finishing)
		conn->has_next = frame_reader_next(&conn->reader, &conn->next);
	if (!conn->busy && !conn->has_next && !conn->arriving && !conn->finishing)
		finish_input(conn);
	if (conn->finishing && !conn->draining && frame_writer_empty(&conn->writer))
		hang_up(conn);
	if (conn->dead)
		return;
	set_watcher(conn, &conn->readable,
		    conn->draining ? !conn->ended : may_read(conn) && !turn_waits(&conn->turn));
	set_watcher(conn, &conn->writable, !frame_writer_empty(&conn->writer));
	if (conn->has_next && may_handle(conn))
		turn_wait(&conn->turn);
	memory_count(&conn->memory);
}

static void on_hang_up(struct hang_up *hang_up)
{
	struct conn *conn = container_of(hang_up, struct conn, hang_up);

	conn->hung_up = true;
	if (conn->draining && conn->ended)
		conn_give_up(conn);
	if (conn->busy && !conn->dead)
		conn->conns->handler->ended(conn->session);
}

static void handle_message(struct conn *conn)
{
	const struct conn_handler *handler = conn->conns->handler;
	struct frame frame = conn->next;

	conn->has_next = false;
	conn->busy = true;
	handler->message(conn->session, frame.text, frame.length, take_ptr(conn->parcel));
	if (conn->hung_up && conn->busy && !conn->dead)
		handler->ended(conn->session);
}

static void warn(const struct conn *conn, const char *what, int r)
{
	log_of_client(LOG_LEVEL_WARNING, conn->peer.user.uid, "cannot %s (user %u, process %d): %s",
		      what, conn->peer.user.uid, conn->peer.pid, strerror(-r));
}

/* @r: of reading. */
static void read_done(struct conn *conn, int r, const struct note *note)
{
	if (r == -ECONNRESET) {
		conn->ended = true;
	} else if (r > 0) {
		/* the input is not a sequence of messages: the last reply explains why */
		if (message_build_fault(r, note, &conn->refusal, &conn->refusal_length) < 0)
			conn_give_up(conn);
	} else if (r < 0 && r != -EAGAIN && r != -EINTR) {
		warn(conn, "read from a client", r);
		conn_give_up(conn);
	}
}

static void on_arrived(struct arrival *arrival, struct arrived *arrived)
{
	struct conn *conn = container_of(arrival, struct conn, arrival);
	int r = arrived->r;

	conn->arriving = false;
	if (r == -EMFILE || (arrived->parcel && arrived->parcel->n > MANAGER_FDS_MAX))
		r = frame_refuse_fds(arrived->note);
	if (r == 0 && arrived->parcel)
		r = charge_parcel(conn, arrived->parcel, arrived->note);
	if (r == 0)
		r = frame_reader_add(&conn->reader, arrived->bytes, arrived->n,
				     arrived->parcel != NULL, arrived->note);
	r = r ?: memory_admit_input(&conn->memory, arrived->note);
	if (r == 0 && arrived->parcel) /* of the first byte, so there is no other */
		conn->parcel = take_ptr(arrived->parcel);
	parcel_free(arrived->parcel);
	read_done(conn, r, arrived->note);
	update_watchers(conn);
}

static void fill(struct conn *conn)
{
	struct parcels *parcels = conn->conns->parcels;
	struct note note = {};
	size_t elsewhere;
	int r = frame_reader_fill_bytes(&conn->reader, conn->fd, &note, &elsewhere);

	r = r ?: memory_admit_input(&conn->memory, &note);
	if (r == 0 && elsewhere > 0) {
		r = parcels->receive(parcels, &conn->peer.user, conn->fd, elsewhere, &conn->arrival,
				     &note);
		conn->arriving = r == 0;
	}
	read_done(conn, r, &note);
	note_done(&note);
}

/* The connection's turn: reads once, and handles one message. */
static void serve(struct turn *turn)
{
	struct conn *conn = container_of(turn, struct conn, turn);

	conn->handling = true;
	if (may_read(conn)) {
		fill(conn);
		conn->has_next = !conn->dead && frame_reader_next(&conn->reader, &conn->next);
	}
	if (conn->has_next && may_handle(conn))
		handle_message(conn);
	conn->handling = false;
	update_watchers(conn);
}

static void discard(struct conn *conn)
{
	char waste[4096];
	bool fds = false;
	uid_t sender;
	ssize_t n = socket_peek(conn->fd, waste, sizeof(waste), &fds,
				conn->reader.sender ? &sender : NULL);

	if (n > 0 && !fds)
		n = recv(conn->fd, waste, (size_t)n, 0);
	if (fds && !conn->hung_up) {
		/* not for us to receive: the client has time to read the reply, and no more */
		conn->ended = true;
		update_watchers(conn);
	} else if (fds || n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR)) {
		conn_give_up(conn);
	}
}

static void on_readable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct conn *conn = watcher->data;

	if (conn->draining) {
		discard(conn);
		return;
	}
	turn_wait(&conn->turn);
	update_watchers(conn);
}

/* True: everything is written. */
static bool flush(struct conn *conn)
{
	int r = frame_writer_flush(&conn->writer, conn->fd);

	if (r == -EAGAIN)
		return false;
	if (r < 0) {
		/* a client that disconnects is normal; anything else is logged */
		if (r != -EPIPE && r != -ECONNRESET)
			warn(conn, "reply to a client", r);
		conn_give_up(conn);
	}
	return r == 0;
}

static void on_writable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct conn *conn = watcher->data;

	if (flush(conn) && !conn->finishing)
		conn->conns->handler->drained(conn->session);
	update_watchers(conn);
}

static void on_linger(struct ev_loop *ev, struct ev_timer *watcher, int events)
{
	conn_give_up(watcher->data);
}

void conn_send(struct conn *conn, const char *text, size_t length, struct schema_fds *fds)
{
	int r;

	if (conn->dead || conn->finishing) {
		if (fds)
			schema_fds_done(fds);
		return;
	}
	r = frame_writer_push(&conn->writer, text, length, fds);
	if (r < 0) {
		warn(conn, "reply to a client", r);
		if (fds)
			schema_fds_done(fds);
		conn_give_up(conn);
		return;
	}
	if (!ev_is_active(&conn->writable))
		flush(conn);
	update_watchers(conn);
}

void conn_replied(struct conn *conn)
{
	conn->busy = false;
	memory_release(&conn->memory);
	update_watchers(conn);
}

void conn_finish(struct conn *conn)
{
	if (conn->dead || conn->finishing)
		return;
	conn->finishing = true;
	conn->has_next = false;
	ev_timer_start(ev_of(conn), &conn->linger);
	update_watchers(conn);
}

static void stop_watchers(struct conn *conn)
{
	struct ev_loop *ev = ev_of(conn);

	ev_io_stop(ev, &conn->readable);
	ev_io_stop(ev, &conn->writable);
	ev_timer_stop(ev, &conn->linger);
	turn_skip(&conn->turn);
}

void conn_give_up(struct conn *conn)
{
	if (conn->dead)
		return;
	conn->dead = true;
	stop_watchers(conn);
	loop_reap(conn->conns->loop, &conn->reap);
}

static void reap_conn(struct reap *reap)
{
	conn_free(container_of(reap, struct conn, reap));
}

static int open_session(struct conn *conn)
{
	struct conns *conns = conn->conns;
	int r = turn_init(&conns->turns, &conn->turn, conn->peer.payer);

	if (r == 0)
		r = memory_begin(&conn->memory, conns->policies, &conn->peer);
	if (r == 0)
		r = hang_ups_add(conns->hang_ups, conn->fd, &conn->hang_up);
	if (r == 0)
		r = conns->handler->opened(conns->arg, conn, &conn->session);
	conn->opened = r == 0;
	return r;
}

/* As all sockets that listener.c accepts. */
static bool passes_credentials(int fd)
{
	socklen_t size = sizeof(int);
	int passes = 0;

	return getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &passes, &size) == 0 && passes;
}

int conn_new_take_fd(struct conns *conns, int fd, struct peer *peer, struct conn **ret)
{
	struct conn *made = calloc(1, sizeof(*made));
	int r;

	if (!made) {
		conns->parcels->close_take_fd(conns->parcels, &peer->user, fd);
		peer_done(peer);
		return -ENOMEM;
	}
	made->conns = conns;
	made->fd = fd;
	made->peer = *peer;
	*peer = (struct peer){};
	made->reader.limit = MANAGER_CALL_MAX;
	made->reader.sender = passes_credentials(fd) ? &made->peer.user.uid : NULL;
	made->memory.reader = &made->reader;
	made->memory.writer = &made->writer;
	made->reap.free = reap_conn;
	made->arrival.came = on_arrived;
	made->hang_up.seen = on_hang_up;
	made->turn.serve = serve;
	ev_io_init(&made->readable, on_readable, fd, EV_READ);
	ev_io_init(&made->writable, on_writable, fd, EV_WRITE);
	ev_timer_init(&made->linger, on_linger, LINGER_SECONDS, 0.);
	made->readable.data = made->writable.data = made->linger.data = made;
	list_append(&conns->list, &made->link);
	conns->n++;
	r = open_session(made);
	if (r < 0) {
		conn_free(made);
		return r;
	}
	update_watchers(made);
	*ret = made;
	return 0;
}

void conn_free(struct conn *conn)
{
	if (!conn)
		return;
	stop_watchers(conn);
	turn_done(&conn->turn);
	list_unlink(&conn->reap.link);
	list_unlink(&conn->link);
	conn->conns->n--;
	if (conn->opened)
		conn->conns->handler->closed(conn->session);
	conn->conns->parcels->cancel(conn->conns->parcels, &conn->arrival);
	parcel_free(conn->parcel);
	free(conn->refusal);
	frame_reader_done(&conn->reader);
	frame_writer_done(&conn->writer);
	memory_end(&conn->memory);
	hang_ups_remove(conn->conns->hang_ups, conn->fd);
	conn->conns->parcels->close_take_fd(conn->conns->parcels, &conn->peer.user, conn->fd);
	peer_done(&conn->peer);
	free(conn);
}

int conns_init(struct conns *conns, struct loop *loop, struct parcels *parcels,
	       struct policies *policies, const struct conn_handler *handler, void *arg)
{
	*conns = (struct conns){
		.loop = loop,
		.parcels = parcels,
		.policies = policies,
		.handler = handler,
		.arg = arg,
	};
	list_init(&conns->list);
	turns_init(&conns->turns, loop);
	return hang_ups_new(loop, &conns->hang_ups);
}

void conns_done(struct conns *conns)
{
	struct list_link *link;

	while ((link = list_first(&conns->list)))
		conn_free(container_of(link, struct conn, link));
	turns_done(&conns->turns);
	hang_ups_free(conns->hang_ups);
}
