/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stand-in NAME - a host without a ring; its NAME selects its behaviour
 *
 * "good…" behaves like iouring-host. The others do what a client can make the process do that runs
 * with the client's identity.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/message.h"

#define RING_FD 5

static int connection;
static uint16_t version = CONTROL_VERSION;
static enum control_type state = CONTROL_READY;
static int last_result;

static void send_event(enum control_type type, int ring_fd, int result, uint32_t stage,
		       uint32_t error)
{
	struct control_event event = {
		.head = {.version = version, .type = type, .size = sizeof(event)},
		.ring_fd = ring_fd,
		.result = result,
		.stage = stage,
		.error = error,
		.state = state,
	};

	if (control_send(connection, &event, sizeof(event), NULL, 0) < 0)
		_exit(9);
}

static void notify(enum control_type type)
{
	send_event(type, RING_FD, 0, 0, 0);
}

static bool is(const char *name, const char *behaviour)
{
	return strncmp(name, behaviour, strlen(behaviour)) == 0;
}

static void wait_for_kill(void)
{
	for (;;)
		pause();
}

/* The next command's type; 0: the daemon has hung up. */
static int next_command(void)
{
	_Alignas(8) char message[CONTROL_MESSAGE_MAX];
	ssize_t n = control_receive(connection, message, sizeof(message), NULL, 0, NULL);

	if (n <= 0)
		return 0;
	return control_head_check(message, (size_t)n);
}

static void accept_next(void)
{
	struct pollfd listener = {.fd = CONTROL_LISTEN_FD, .events = POLLIN};

	close(connection);
	if (poll(&listener, 1, -1) != 1)
		_exit(10);
	connection = accept4(CONTROL_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		_exit(8);
}

static void set_state(enum control_type to, int result)
{
	state = to;
	last_result = result;
	send_event(to, RING_FD, result, 0, 0);
}

static void reply_query(const char *name)
{
	if (is(name, "strange-state"))
		state = CONTROL_REFUSED;
	if (is(name, "strange-ring"))
		send_event(CONTROL_STATE, -1, 0, 0, 0);
	if (is(name, "good-late")) /* a change that the earlier daemon missed */
		set_state(CONTROL_RUNNING, 0);
	send_event(CONTROL_STATE, RING_FD, last_result, 0, 0);
	if (is(name, "good-orders")) { /* of the earlier daemon, read only now */
		set_state(CONTROL_RUNNING, 0);
		set_state(CONTROL_PAUSED, 0);
	}
	if (is(name, "strange-twice"))
		notify(CONTROL_STATE);
}

static void serve(const char *name)
{
	for (;;) {
		switch (next_command()) {
		case CONTROL_START:
		case CONTROL_RESUME:
			set_state(CONTROL_RUNNING, 0);
			if (is(name, "good-ends"))
				set_state(CONTROL_RETURNED, -22);
			break;
		case CONTROL_PAUSE:
			/* like a loop that ended before the PAUSE was read */
			set_state(is(name, "good-crosses") ? CONTROL_RETURNED : CONTROL_PAUSED, 0);
			break;
		case CONTROL_QUERY:
			reply_query(name);
			break;
		case CONTROL_END:
			_exit(0);
		case 0:
			accept_next();
			break;
		default:
			break;
		}
	}
}

/* Only fd 3 may be inherited (control.h). The exit status tells what else was. */
static void check_inheritance(void)
{
	extern char **environ;
	sigset_t mask;
	int highest = 0;

	if (environ[0])
		_exit(20);
	if (sigprocmask(SIG_BLOCK, NULL, &mask) < 0 || sigismember(&mask, SIGUSR2))
		_exit(21);
	if (signal(SIGPIPE, SIG_DFL) != SIG_DFL)
		_exit(22);
	if (getsid(0) != getpid())
		_exit(23);
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			highest = fd;
	if (highest != CONTROL_LISTEN_FD)
		_exit(24);
}

static void check_setup(const char *message, size_t size, const int *fds, size_t n_fds)
{
	const struct control_setup *setup = (const struct control_setup *)message;
	char byte = 0;

	if (control_setup_check(message, size, n_fds) != 0)
		_exit(30);
	if (setup->uid != 1000 || setup->n_groups != 2 || control_setup_groups(setup)[1] != 1002)
		_exit(31);
	if (setup->slots_filled != 2 || !(setup->flags & SETUP_HAS_LEASE) || n_fds != 3)
		_exit(32);
	/* region, lease, file; the last is a pipe with one byte in it */
	if (read(fds[2], &byte, 1) != 1 || byte != 'f')
		_exit(33);
	_exit(0);
}

static void misbehave_at_once(const char *name)
{
	static char huge[CONTROL_MESSAGE_MAX + 64];
	struct control_event event = {
		.head = {.version = CONTROL_VERSION, .type = CONTROL_READY, .size = sizeof(event)},
		.ring_fd = RING_FD,
	};

	if (is(name, "cut"))
		control_send(connection, &event, 3, NULL, 0);
	else if (is(name, "huge"))
		control_send(connection, huge, sizeof(huge), NULL, 0);
	else if (is(name, "liar"))
		control_send(connection, &event, sizeof(event) - 4, NULL, 0);
	else if (is(name, "sends-files"))
		control_send(connection, &event, sizeof(event), &(int){CONTROL_LISTEN_FD}, 1);
	else if (is(name, "negative-ring"))
		send_event(CONTROL_READY, -1, 0, 0, 0);
	else if (is(name, "state-unasked"))
		notify(CONTROL_STATE);
	else if (is(name, "unknown"))
		notify((enum control_type)99);
	else if (is(name, "runs-before-ready"))
		notify(CONTROL_RUNNING);
	else if (is(name, "hangs-up"))
		close(connection);
	else
		return;
	wait_for_kill();
}

static void misbehave_when_ready(const char *name)
{
	if (is(name, "ready-twice"))
		notify(CONTROL_READY);
	else if (is(name, "runs-unasked"))
		notify(CONTROL_RUNNING);
	else if (is(name, "returns-unasked"))
		notify(CONTROL_RETURNED);
	else if (is(name, "late-refusal"))
		send_event(CONTROL_REFUSED, -1, 0, STAGE_FILES, 9);
	else if (is(name, "pauses-unasked") && next_command() == CONTROL_START) {
		notify(CONTROL_RUNNING);
		notify(CONTROL_PAUSED);
	} else if (is(name, "impossible-result") && next_command() == CONTROL_START) {
		notify(CONTROL_RUNNING);
		send_event(CONTROL_RETURNED, RING_FD, 17, 0, 0);
	} else
		return;
	wait_for_kill();
}

int main(int argc, char **argv)
{
	_Alignas(8) char message[CONTROL_MESSAGE_MAX];
	int fds[CONTROL_FDS_MAX];
	size_t n_fds;
	ssize_t n;
	const char *name = argc > 1 ? argv[1] : "";

	if (is(name, "old")) /* the previous version */
		version = CONTROL_VERSION - 1;
	if (is(name, "inherits"))
		check_inheritance();
	if (is(name, "good-other") && setresuid(1234, 1234, 1234) < 0)
		_exit(11);
	listen(CONTROL_LISTEN_FD, 8);
	connection = accept4(CONTROL_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		return 8;
	n = control_receive(connection, message, sizeof(message), fds, CONTROL_FDS_MAX, &n_fds);
	if (n < 0)
		return 7;
	if (is(name, "checks-setup"))
		check_setup(message, (size_t)n, fds, n_fds);
	if (is(name, "old"))
		close(fds[0]); /* the region */
	misbehave_at_once(name);
	if (is(name, "refuses")) {
		send_event(CONTROL_REFUSED, -1, 0, STAGE_REGION, 12);
		return 1;
	}
	notify(CONTROL_READY);
	misbehave_when_ready(name);
	if (is(name, "dies"))
		return 6;
	if (is(name, "unresponsive"))
		wait_for_kill();
	serve(name);
}
