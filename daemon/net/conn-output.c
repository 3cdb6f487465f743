/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conn-output.c - the state of a connection, its watchers, and its output */
#include <errno.h>
#include <ev.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "net/conn-private.h"
#include "util/log.h"

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

bool conn_may_handle(const struct conn *conn)
{
	return !conn->busy && !conn->finishing && !conn->dead && frame_writer_empty(&conn->writer);
}

bool conn_may_read(const struct conn *conn)
{
	return conn_may_handle(conn) && !conn->has_next && !conn->arriving && !conn->refusal &&
	       !conn->ended;
}

/* Every message has its reply: sends the refusal, or closes if the client has. */
static void finish_input(struct conn *conn)
{
	if (conn->refusal) {
		_cleanup_free_ char *text = take_ptr(conn->refusal);

		conn_send(conn, text, conn->refusal_length, NULL); /* calls conn_update() */
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

void conn_update(struct conn *conn)
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
		    conn->draining ? !conn->ended
				   : conn_may_read(conn) && !turn_waits(&conn->turn));
	set_watcher(conn, &conn->writable, !frame_writer_empty(&conn->writer));
	if (conn->has_next && conn_may_handle(conn))
		turn_wait(&conn->turn);
	memory_count(&conn->memory);
}

void conn_hung_up(struct hang_up *hang_up)
{
	struct conn *conn = container_of(hang_up, struct conn, hang_up);

	conn->hung_up = true;
	if (conn->draining && conn->ended)
		conn_give_up(conn);
	if (conn->busy && !conn->dead)
		conn->conns->handler->ended(conn->session);
}

void conn_warn(const struct conn *conn, const char *what, int r)
{
	log_of_client(LOG_LEVEL_WARNING, conn->peer.user.uid, "cannot %s (user %u, process %d): %s",
		      what, conn->peer.user.uid, conn->peer.pid, strerror(-r));
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
			conn_warn(conn, "reply to a client", r);
		conn_give_up(conn);
	}
	return r == 0;
}

void conn_writable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct conn *conn = watcher->data;

	if (flush(conn) && !conn->finishing)
		conn->conns->handler->drained(conn->session);
	conn_update(conn);
}

void conn_linger(struct ev_loop *ev, struct ev_timer *watcher, int events)
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
		conn_warn(conn, "reply to a client", r);
		if (fds)
			schema_fds_done(fds);
		conn_give_up(conn);
		return;
	}
	if (!ev_is_active(&conn->writable))
		flush(conn);
	conn_update(conn);
}

void conn_replied(struct conn *conn)
{
	conn->busy = false;
	memory_release(&conn->memory);
	conn_update(conn);
}

void conn_finish(struct conn *conn)
{
	if (conn->dead || conn->finishing)
		return;
	conn->finishing = true;
	conn->has_next = false;
	ev_timer_start(ev_of(conn), &conn->linger);
	conn_update(conn);
}

void conn_stop_watchers(struct conn *conn)
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
	conn_stop_watchers(conn);
	loop_reap(conn->conns->loop, &conn->reap);
}
