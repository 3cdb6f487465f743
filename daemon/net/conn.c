/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conn.c - connections are made and freed */
#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/container-of.h"
#include "net/conn-private.h"
#include "wire/manager.h"

#define LINGER_SECONDS 3. /* for the client to read the last reply */

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
	made->hang_up.seen = conn_hung_up;
	made->turn.serve = conn_serve;
	ev_io_init(&made->readable, conn_readable, fd, EV_READ);
	ev_io_init(&made->writable, conn_writable, fd, EV_WRITE);
	ev_timer_init(&made->linger, conn_linger, LINGER_SECONDS, 0.);
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
	conn_stop_watchers(conn);
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
