/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/conn-private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "util/log.h"
#include "wire/manager.h"

#define LINGER_SECONDS 3. /* for the client to read the last reply */

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

static void on_hang_up(struct hang_up *hang_up)
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

static void on_writable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct conn *conn = watcher->data;

	if (flush(conn) && !conn->finishing)
		conn->conns->handler->drained(conn->session);
	conn_update(conn);
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
	made->arrival.came = conn_arrived;
	made->hang_up.seen = on_hang_up;
	made->turn.serve = conn_serve;
	ev_io_init(&made->readable, conn_readable, fd, EV_READ);
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
	conn_update(made);
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
