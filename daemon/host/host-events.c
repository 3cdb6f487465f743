/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host-events.c - messages and exits of hosts */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "host/hosts-linux.h"
#include "host/message.h"
#include "host/process.h"

#define MESSAGES_AT_ONCE 8  /* of one host before others have their turn */
#define MESSAGES_AT_END	 64 /* that an exited host may have left */

/* The handlers return 0, or -EPROTO if the message is not valid in the host's state. */
static int on_ready(struct host *host, const struct control_event *event)
{
	if (host->ready || event->ring_fd < 0)
		return -EPROTO;
	host->ready = true;
	host->callbacks.ready(host->arg, event->ring_fd);
	return 0;
}

static int on_refused(struct host *host, const struct control_event *event)
{
	int error = event->error > 0 && event->error < 4096 ? (int)event->error : EIO;

	if (host->running || (host->ready && host->runs_pending == 0))
		return -EPROTO;
	host->callbacks.refused(host->arg, event->stage, error);
	return -ECANCELED; /* it may send nothing more */
}

static int on_running(struct host *host)
{
	/* The command may have been an earlier daemon's; so it may in on_left(). */
	if (!host->ready || host->running || (host->runs_pending == 0 && !host->inherited))
		return -EPROTO;
	if (host->runs_pending > 0)
		host->runs_pending--;
	host->running = true;
	host->callbacks.running(host->arg);
	return 0;
}

/*
 * The dispatcher ends a loop as soon as its pause flag is set. The host may notice this before it
 * has read the PAUSE. So a return that crosses a PAUSE counts as its reply.
 */
static int on_left(struct host *host, const struct control_event *event)
{
	bool left = event->result == 0 || event->result == -EINTR;
	bool is_paused_event = event->head.type == CONTROL_PAUSED;
	bool paused = left && (host->pauses_pending > 0 || (is_paused_event && host->inherited));

	if (!host->running || (is_paused_event && !paused) || event->result > 0 ||
	    event->result < -4095)
		return -EPROTO;
	host->running = false;
	host->pauses_pending = 0;
	if (paused)
		host->callbacks.paused(host->arg);
	else
		host->callbacks.returned(host->arg, event->result);
	return 0;
}

/* The reply to QUERY. */
static int on_state(struct host *host, const struct control_event *event)
{
	enum control_type state = event->state;

	if (!host->query_pending || event->ring_fd < 0 || event->result > 0 ||
	    event->result < -4095)
		return -EPROTO;
	if (state != CONTROL_READY && state != CONTROL_RUNNING && state != CONTROL_PAUSED &&
	    state != CONTROL_RETURNED)
		return -EPROTO;
	host->query_pending = false;
	host->ready = true;
	host->running = state == CONTROL_RUNNING;
	host->callbacks.found(host->arg, state, event->result, event->ring_fd);
	return 0;
}

static int handle(struct host *host, const void *message, size_t size)
{
	struct control_event event;
	int r;

	r = control_event_read(message, size, &event);
	if (r < 0)
		return r;
	if (host->query_pending && event.head.type != CONTROL_STATE)
		return 0; /* sent before the QUERY: the state includes it */
	switch (event.head.type) {
	case CONTROL_READY:
		return on_ready(host, &event);
	case CONTROL_REFUSED:
		return on_refused(host, &event);
	case CONTROL_RUNNING:
		return on_running(host);
	case CONTROL_PAUSED:
	case CONTROL_RETURNED:
		return on_left(host, &event);
	default: /* STATE */
		return on_state(host, &event);
	}
}

/*
 * A host is its client's process. One that violates the protocol or hangs up is killed. After an
 * exit the socket still holds all that the host has sent.
 */
static void read_messages(struct host *host, unsigned int max)
{
	char message[CONTROL_MESSAGE_MAX];

	for (unsigned int i = 0; i < max && host->connection >= 0 && !host->freed; i++) {
		ssize_t n =
			control_receive(host->connection, message, sizeof(message), NULL, 0, NULL);

		if (n == -EAGAIN)
			return;
		if (n <= 0 || handle(host, message, (size_t)n) < 0) {
			host_kill(host);
			host_close_connection(host);
		}
	}
}

static void on_connection(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct host *host = watcher->data;

	host_callback_begin(host);
	read_messages(host, MESSAGES_AT_ONCE);
	host_callback_end(host);
}

void host_exited(struct host *host, int code, int status)
{
	host_callback_begin(host);
	host->exited = true;
	host_unwatch_exit(host);
	if (!host->adopted)
		read_messages(host, MESSAGES_AT_END);
	host_close_connection(host);
	if (!host->freed)
		host->callbacks.exited(host->arg, code, status);
	host_callback_end(host);
}

static void on_pidfd(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct host *host = watcher->data;
	siginfo_t info = {0};

	if (host->inherited) {
		process_exit_status(host->pidfd, &info.si_code, &info.si_status);
		host_exited(host, info.si_code, info.si_status);
		return;
	}
	if (waitid(P_PIDFD, (id_t)host->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
		return;
	host_exited(host, info.si_code, info.si_status);
}

/* The default loop waits for all children itself, so waitid() would find nothing. */
static void on_child(struct ev_loop *loop, struct ev_child *watcher, int events)
{
	struct host *host = watcher->data;
	int status = watcher->rstatus;

	if (WIFSIGNALED(status))
		host_exited(host, WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED, WTERMSIG(status));
	else
		host_exited(host, CLD_EXITED, WEXITSTATUS(status));
}

static void watch_pidfd(struct host *host)
{
	ev_io_init(&host->pidfd_watcher, on_pidfd, host->pidfd, EV_READ);
	host->pidfd_watcher.data = host;
	ev_io_start(host->owner->loop, &host->pidfd_watcher);
}

void host_watch_inherited(struct host *host)
{
	assert(host->inherited);
	watch_pidfd(host);
}

void host_watch(struct host *host)
{
	struct ev_loop *loop = host->owner->loop;

	if (host->connection >= 0) {
		ev_io_init(&host->connection_watcher, on_connection, host->connection, EV_READ);
		host->connection_watcher.data = host;
		ev_io_start(loop, &host->connection_watcher);
	}
	if (ev_is_default_loop(loop) && !host->inherited) {
		ev_child_init(&host->child_watcher, on_child, host->pid, 0);
		host->child_watcher.data = host;
		ev_child_start(loop, &host->child_watcher);
	} else {
		watch_pidfd(host);
	}
}
