/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-host/session.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/message.h"

#define COMMAND_MAX 512 /* bytes: a head, and what later versions may add */

bool session_peer_is_root(int connection)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

/* The ring runs on without a daemon. */
static void drop_connection(struct session *session)
{
	if (session->connection >= 0)
		close(session->connection);
	session->connection = -1;
}

/*
 * A daemon that reads nothing until its socket's buffer is full is disconnected. State and result
 * keep what it missed; the next daemon asks for them with QUERY.
 */
void session_notify(struct session *session, enum control_type type, enum control_stage stage,
		    int error)
{
	struct control_event event = {
		.head = {.version = CONTROL_VERSION, .type = type, .size = sizeof(event)},
		.ring_fd = session->ring_fd,
		.result = session->result,
		.stage = stage,
		.error = (uint32_t)error,
		.state = session->state,
	};

	if (session->connection < 0)
		return;
	if (control_send(session->connection, &event, sizeof(event), NULL, 0) < 0)
		drop_connection(session);
}

static void set_state(struct session *session, enum control_type state, int result)
{
	session->state = state;
	session->result = result;
	session_notify(session, state, 0, 0);
}

static void run(struct session *session)
{
	if (session->pausing) {
		session->run_after = true;
		session->pause_after = false;
	} else if (!session->starting && session->state != CONTROL_RUNNING) {
		session->starting = true;
		loop_run(&session->loop);
	}
}

static void pause_loop(struct session *session)
{
	session->run_after = false;
	if (session->starting) {
		session->pause_after = true;
	} else if (session->state == CONTROL_RUNNING) {
		session->pausing = true;
		loop_pause(&session->loop);
	}
}

static _Noreturn void refuse(struct session *session)
{
	session_notify(session, CONTROL_REFUSED, STAGE_ENABLE, -session->loop.result);
	_exit(1);
}

/* The loop's state has changed, perhaps more than once. */
static void follow_loop(struct session *session)
{
	enum loop_state state = loop_state(&session->loop);
	bool run_after = session->run_after;

	if (state == LOOP_REFUSED)
		refuse(session);
	if (state == LOOP_IDLE)
		return;
	if (session->starting) {
		session->starting = false;
		set_state(session, CONTROL_RUNNING, 0);
	}
	if (state != LOOP_RUNNING && session->state == CONTROL_RUNNING) {
		session->pausing = session->pause_after = session->run_after = false;
		set_state(session, state == LOOP_PAUSED ? CONTROL_PAUSED : CONTROL_RETURNED,
			  session->loop.result);
		if (state == LOOP_PAUSED && run_after)
			run(session);
	} else if (session->pause_after) {
		session->pause_after = false;
		pause_loop(session);
	}
}

static void drain(int eventfd)
{
	uint64_t count;
	ssize_t n = read(eventfd, &count, sizeof(count));

	(void)n; /* the eventfd only wakes; its count has no meaning */
}

static void handle_command(struct session *session)
{
	_Alignas(8) char message[COMMAND_MAX];
	ssize_t n;

	n = control_receive(session->connection, message, sizeof(message), NULL, 0, NULL);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		drop_connection(session);
		return;
	}
	switch (control_head_check(message, (size_t)n)) {
	case CONTROL_START:
	case CONTROL_RESUME:
		run(session);
		break;
	case CONTROL_PAUSE:
		pause_loop(session);
		break;
	case CONTROL_END:
		_exit(0);
	case CONTROL_QUERY:
		session_notify(session, CONTROL_STATE, 0, 0);
		break;
	default: /* of a newer daemon */
		break;
	}
}

/* The newest connection replaces the one before. */
static void accept_daemon(struct session *session)
{
	int connection = accept4(CONTROL_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (connection < 0)
		return;
	if (!session_peer_is_root(connection)) {
		close(connection);
		return;
	}
	drop_connection(session);
	session->connection = connection;
}

_Noreturn void session_run(struct session *session)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = session->lease}, /* POLLHUP: its last holder has closed it */
			{.fd = session->loop.notify_fd, .events = POLLIN},
			{.fd = session->connection, .events = POLLIN},
			{.fd = CONTROL_LISTEN_FD, .events = POLLIN},
		};

		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue; /* EINTR: stopped and continued */
		if (fds[0].revents)
			_exit(0);
		if (fds[1].revents) {
			drain(session->loop.notify_fd);
			follow_loop(session);
		}
		if (fds[2].revents && session->connection == fds[2].fd)
			handle_command(session);
		if (fds[3].revents)
			accept_daemon(session);
	}
}
