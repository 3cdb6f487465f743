/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/conn.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/loop.h"
#include "util/log.h"
#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "common/container-of.h"

#define MESSAGES_AT_ONCE 8  /* then other connections get their turn */
#define LINGER_SECONDS	 3. /* for the client to read the last reply */

struct conn { /* owned by its list; freed by the reaper or conn_free() */
	struct list_link link;
	struct reap reap;
	struct loop *loop; /* borrowed */
	int fd;
	struct peer peer;
	const struct conn_handler *handler;
	void *session;
	struct ev_io readable;
	struct ev_io writable;
	struct ev_idle again; /* messages are waiting */
	struct ev_timer linger;
	struct frame_reader reader;
	struct frame_writer writer;
	struct frame next; /* from the reader, not handed on yet */
	char *refusal; /* the last reply: why the input is refused; sent after replies under way */
	size_t refusal_length;
	bool has_next;
	bool busy;	/* a message has no reply yet */
	bool handling;	/* within handle_messages() */
	bool ended;	/* the client sends no more */
	bool finishing; /* close when all is written */
	bool draining;	/* input is discarded until the client closes */
	bool dead;	/* on the loop's list of objects to free */
};

struct conn *conn_of_link(struct list_link *link)
{
	return container_of(link, struct conn, link);
}

const struct peer *conn_peer(const struct conn *conn)
{
	return &conn->peer;
}

size_t conn_queued(const struct conn *conn)
{
	return conn->writer.queued;
}

static void set_watcher(struct conn *conn, struct ev_io *watcher, bool on)
{
	if (on)
		ev_io_start(loop_ev(conn->loop), watcher);
	else
		ev_io_stop(loop_ev(conn->loop), watcher);
}

static bool may_handle(const struct conn *conn)
{
	return !conn->busy && !conn->finishing && !conn->dead && frame_writer_empty(&conn->writer);
}

static bool is_reading(const struct conn *conn)
{
	return !conn->ended &&
	       (conn->draining || (!conn->has_next && !conn->refusal && !conn->finishing));
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
	if (!conn->busy && !conn->has_next && !conn->finishing)
		finish_input(conn);
	if (conn->finishing && !conn->draining && frame_writer_empty(&conn->writer))
		hang_up(conn);
	if (conn->dead)
		return;
	set_watcher(conn, &conn->readable, is_reading(conn));
	set_watcher(conn, &conn->writable, !frame_writer_empty(&conn->writer));
	if (conn->has_next && may_handle(conn))
		ev_idle_start(loop_ev(conn->loop), &conn->again);
	else
		ev_idle_stop(loop_ev(conn->loop), &conn->again);
}

static void handle_messages(struct conn *conn)
{
	conn->handling = true;
	for (unsigned int i = 0; i < MESSAGES_AT_ONCE && may_handle(conn); i++) {
		struct frame frame;

		if (conn->has_next)
			frame = conn->next;
		else if (!frame_reader_next(&conn->reader, &frame))
			break;
		conn->has_next = false;
		conn->busy = true;
		conn->handler->message(conn->session, frame.text, frame.length, &frame.fds);
		schema_fds_done(&frame.fds);
	}
	conn->handling = false;
	update_watchers(conn);
}

static void on_again(struct ev_loop *ev, struct ev_idle *watcher, int events)
{
	handle_messages(watcher->data);
}

/* The input is not a sequence of messages: replies why after pending replies, then closes. */
static void refuse(struct conn *conn, int r, const struct note *note)
{
	if (message_build_fault(r, note, &conn->refusal, &conn->refusal_length) < 0)
		conn_give_up(conn);
	else if (conn->busy)
		conn->handler->ended(conn->session);
}

static void discard(struct conn *conn)
{
	char waste[4096];
	ssize_t n = recv(conn->fd, waste, sizeof(waste), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn_give_up(conn);
}

static void on_readable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct conn *conn = watcher->data;
	struct note note = {0};
	int r;

	if (conn->draining) {
		discard(conn);
		return;
	}
	r = frame_reader_fill(&conn->reader, conn->fd, &note);
	if (r == -ECONNRESET) {
		conn->ended = true;
		if (conn->busy)
			conn->handler->ended(conn->session);
	} else if (r > 0) {
		refuse(conn, r, &note);
	} else if (r < 0 && r != -EAGAIN && r != -EINTR) {
		log_warning("cannot read from a client (user %u, process %d): %s",
			    conn->peer.user.uid, conn->peer.pid, strerror(-r));
		conn_give_up(conn);
	}
	note_done(&note);
	handle_messages(conn);
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
			log_warning("cannot reply to a client (user %u, process %d): %s",
				    conn->peer.user.uid, conn->peer.pid, strerror(-r));
		conn_give_up(conn);
	}
	return r == 0;
}

static void on_writable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct conn *conn = watcher->data;

	if (flush(conn) && !conn->finishing)
		conn->handler->drained(conn->session);
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
		log_warning("cannot reply to a client (user %u, process %d): %s",
			    conn->peer.user.uid, conn->peer.pid, strerror(-r));
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
	update_watchers(conn);
}

void conn_finish(struct conn *conn)
{
	if (conn->dead || conn->finishing)
		return;
	conn->finishing = true;
	if (conn->has_next)
		schema_fds_done(&conn->next.fds);
	conn->has_next = false;
	ev_timer_start(loop_ev(conn->loop), &conn->linger);
	update_watchers(conn);
}

static void stop_watchers(struct conn *conn)
{
	struct ev_loop *ev = loop_ev(conn->loop);

	ev_io_stop(ev, &conn->readable);
	ev_io_stop(ev, &conn->writable);
	ev_idle_stop(ev, &conn->again);
	ev_timer_stop(ev, &conn->linger);
}

void conn_give_up(struct conn *conn)
{
	if (conn->dead)
		return;
	conn->dead = true;
	stop_watchers(conn);
	loop_reap(conn->loop, &conn->reap);
}

static void reap_conn(struct reap *reap)
{
	conn_free(container_of(reap, struct conn, reap));
}

int conn_new_take_fd(struct loop *loop, int fd, struct peer *peer,
		     const struct conn_handler *handler, void *arg, struct list *owner,
		     struct conn **ret)
{
	struct conn *made = calloc(1, sizeof(*made));
	int r;

	if (!made) {
		safe_close(fd);
		user_done(&peer->user);
		return -ENOMEM;
	}
	made->loop = loop;
	made->fd = fd;
	made->peer = *peer;
	*peer = (struct peer){0};
	made->reap.free = reap_conn;
	ev_io_init(&made->readable, on_readable, fd, EV_READ);
	ev_io_init(&made->writable, on_writable, fd, EV_WRITE);
	ev_idle_init(&made->again, on_again);
	/* the highest priority, so that other watchers cannot starve it */
	ev_set_priority(&made->again, EV_MAXPRI);
	ev_timer_init(&made->linger, on_linger, LINGER_SECONDS, 0.);
	made->readable.data = made->writable.data = made->again.data = made->linger.data = made;
	r = handler->opened(arg, made, &made->session);
	if (r < 0) {
		conn_free(made);
		return r;
	}
	made->handler = handler;
	list_append(owner, &made->link);
	update_watchers(made);
	*ret = made;
	return 0;
}

void conn_free(struct conn *conn)
{
	if (!conn)
		return;
	stop_watchers(conn);
	list_unlink(&conn->reap.link);
	list_unlink(&conn->link);
	if (conn->handler)
		conn->handler->closed(conn->session);
	if (conn->has_next)
		schema_fds_done(&conn->next.fds);
	free(conn->refusal);
	frame_reader_done(&conn->reader);
	frame_writer_done(&conn->writer);
	user_done(&conn->peer.user);
	safe_close(conn->fd);
	free(conn);
}
