/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/message.h"
#include "iouring-host/session.h"

#define COMMAND_MAX 512 /* bytes: a head, and what later versions may add */
#define LOOK_MS	    2000
#define LOOK_MAX_MS 64000
#define LITTLE_MS   100 /* of CPU time */

bool session_peer_is_root(int connection)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

static void forget_connection(struct session *session)
{
	if (session->connection >= 0)
		close(session->connection);
	session->connection = -1;
}

/*
 * A daemon that reads nothing until its socket's buffer is full is as good as gone. What it was not
 * told is kept in state and result: the next one asks with QUERY.
 */
void session_tell(struct session *session, enum control_type type, enum control_stage stage,
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
		forget_connection(session);
}

/*
 * A loop whose requests all complete at once never sleeps in the kernel, and a task that neither
 * sleeps nor leaves the kernel holds up every RCU-tasks grace period of the machine: BPF maps are
 * not freed, tracers do not detach. So a loop that is busy is made to step aside every other
 * second. One that sleeps is looked at less and less often.
 */
static void look_at_loop(struct session *session)
{
	uint64_t used = runner_cpu_ms(&session->runner);
	uint64_t since = used - session->cpu_ms;

	session->cpu_ms = used;
	if (2 * since >= (uint64_t)session->look_ms)
		runner_yield(&session->runner);
	if (since > LITTLE_MS)
		session->look_ms = LOOK_MS;
	else if (session->look_ms < LOOK_MAX_MS)
		session->look_ms *= 2;
}

static void change(struct session *session, enum control_type state, int result)
{
	session->state = state;
	session->result = result;
	session->look_ms = LOOK_MS;
	session_tell(session, state, 0, 0);
}

static void order_run(struct session *session)
{
	if (session->pausing) {
		session->run_after = true;
		session->pause_after = false;
	} else if (!session->starting && session->state != CONTROL_RUNNING) {
		session->starting = true;
		runner_run(&session->runner);
	}
}

static void order_pause(struct session *session)
{
	session->run_after = false;
	if (session->starting) {
		session->pause_after = true;
	} else if (session->state == CONTROL_RUNNING) {
		session->pausing = true;
		runner_pause(&session->runner);
	}
}

static _Noreturn void refuse(struct session *session)
{
	session_tell(session, CONTROL_REFUSED, STAGE_ENABLE, -session->runner.result);
	_exit(1);
}

/* The runner's state has changed, perhaps more than once. */
static void follow_runner(struct session *session)
{
	enum runner_state state = runner_state(&session->runner);
	bool run_after = session->run_after;

	if (state == RUNNER_REFUSED)
		refuse(session);
	if (state == RUNNER_IDLE)
		return;
	if (session->starting) {
		session->starting = false;
		change(session, CONTROL_RUNNING, 0);
	}
	if (state != RUNNER_RUNNING && session->state == CONTROL_RUNNING) {
		session->pausing = session->pause_after = session->run_after = false;
		change(session, state == RUNNER_PAUSED ? CONTROL_PAUSED : CONTROL_RETURNED,
		       session->runner.result);
		if (state == RUNNER_PAUSED && run_after)
			order_run(session);
	} else if (session->pause_after) {
		session->pause_after = false;
		order_pause(session);
	}
}

static void drain(int eventfd)
{
	uint64_t count;
	ssize_t n = read(eventfd, &count, sizeof(count));

	(void)n; /* it only wakes */
}

static void obey(struct session *session)
{
	_Alignas(8) char message[COMMAND_MAX];
	ssize_t n;

	n = control_receive(session->connection, message, sizeof(message), NULL, 0, NULL);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		forget_connection(session); /* the ring runs on without a daemon */
		return;
	}
	switch (control_head_check(message, (size_t)n)) {
	case CONTROL_START:
	case CONTROL_RESUME:
		order_run(session);
		break;
	case CONTROL_PAUSE:
		order_pause(session);
		break;
	case CONTROL_END:
		_exit(0);
	case CONTROL_QUERY:
		session_tell(session, CONTROL_STATE, 0, 0);
		break;
	default: /* of a newer daemon */
		break;
	}
}

static void accept_daemon(struct session *session)
{
	int connection = accept4(CONTROL_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (connection < 0)
		return;
	if (!session_peer_is_root(connection)) {
		close(connection);
		return;
	}
	forget_connection(session);
	session->connection = connection;
}

_Noreturn void session_run(struct session *session)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = session->lease}, /* POLLHUP: the last holder has closed it */
			{.fd = session->runner.notify_fd, .events = POLLIN},
			{.fd = session->connection, .events = POLLIN},
			{.fd = CONTROL_LISTEN_FD, .events = POLLIN},
		};

		bool running = session->state == CONTROL_RUNNING;
		int n = poll(fds, sizeof(fds) / sizeof(fds[0]), running ? session->look_ms : -1);

		if (n == 0)
			look_at_loop(session);
		if (n <= 0)
			continue; /* EINTR: stopped and continued */
		if (fds[0].revents)
			_exit(0);
		if (fds[1].revents) {
			drain(session->runner.notify_fd);
			follow_runner(session);
		}
		if (fds[2].revents && session->connection == fds[2].fd)
			obey(session);
		if (fds[3].revents)
			accept_daemon(session);
	}
}
