/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conn-input.c - the input of a connection: bytes, the descriptors behind them, and messages */
#include <errno.h>
#include <ev.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "net/conn-private.h"
#include "policy/policy.h"
#include "wire/fault.h"
#include "wire/manager.h"
#include "wire/message.h"
#include "wire/socket.h"

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
		conn_warn(conn, "read from a client", r);
		conn_give_up(conn);
	}
}

void conn_arrived(struct arrival *arrival, struct arrived *arrived)
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
	conn_update(conn);
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

void conn_serve(struct turn *turn)
{
	struct conn *conn = container_of(turn, struct conn, turn);

	conn->handling = true;
	if (conn_may_read(conn)) {
		fill(conn);
		conn->has_next = !conn->dead && frame_reader_next(&conn->reader, &conn->next);
	}
	if (conn->has_next && conn_may_handle(conn))
		handle_message(conn);
	conn->handling = false;
	conn_update(conn);
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
		conn_update(conn);
	} else if (fds || n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR)) {
		conn_give_up(conn);
	}
}

void conn_readable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct conn *conn = watcher->data;

	if (conn->draining) {
		discard(conn);
		return;
	}
	turn_wait(&conn->turn);
	conn_update(conn);
}
