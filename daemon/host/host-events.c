/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "host/hosts-linux.h"
#include "host/message.h"
#include "host/process.h"

/* Messages of one host before the others' turn; and the most that one can leave behind. */
#define MESSAGES_AT_ONCE 8
#define MESSAGES_AT_END	 64

/* Each 0, or -EPROTO for what a host cannot say at this point. */
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

	if (host->running || (host->ready && host->runs_ordered == 0))
		return -EPROTO;
	host->callbacks.refused(host->arg, event->stage, error);
	return -ECANCELED; /* the last that is heard of it */
}

static int on_running(struct host *host)
{
	/* The order may have been an earlier daemon's, as that of on_left. */
	if (!host->ready || host->running || (host->runs_ordered == 0 && !host->inherited))
		return -EPROTO;
	if (host->runs_ordered > 0)
		host->runs_ordered--;
	host->running = true;
	host->callbacks.running(host->arg);
	return 0;
}

/*
 * The dispatcher ends a loop as soon as its pause flag is set, which the host may see before it has
 * read the order to pause: a return that crosses a PAUSE is taken for its answer.
 */
static int on_left(struct host *host, const struct control_event *event)
{
	bool left = event->result == 0 || event->result == -EINTR;
	bool says_paused = event->head.type == CONTROL_PAUSED;
	bool paused = left && (host->pauses_ordered > 0 || (says_paused && host->inherited));

	if (!host->running || (says_paused && !paused) || event->result > 0 ||
	    event->result < -4095)
		return -EPROTO;
	host->running = false;
	host->pauses_ordered = 0;
	if (paused)
		host->callbacks.paused(host->arg);
	else
		host->callbacks.returned(host->arg, event->result);
	return 0;
}

/* The answer to QUERY. */
static int on_state(struct host *host, const struct control_event *event)
{
	enum control_type state = event->state;

	if (!host->asked || event->ring_fd < 0 || event->result > 0 || event->result < -4095)
		return -EPROTO;
	if (state != CONTROL_READY && state != CONTROL_RUNNING && state != CONTROL_PAUSED &&
	    state != CONTROL_RETURNED)
		return -EPROTO;
	host->asked = false;
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
	if (host->asked && event.head.type != CONTROL_STATE)
		return 0; /* said before it was asked: its state has that in it */
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
 * A host is its client's process: one that says what it cannot say, or hangs up, is ended. What it
 * had to say before its end is all in the socket by then.
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

void host_enter(struct host *host)
{
	host->busy++;
}

void host_leave(struct host *host)
{
	if (--host->busy == 0 && host->freed)
		host_destroy(host);
}

static void on_connection(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct host *host = watcher->data;

	host_enter(host);
	read_messages(host, MESSAGES_AT_ONCE);
	host_leave(host);
}

void host_exited(struct host *host, int code, int status)
{
	host_enter(host);
	host->exited = true;
	host_unwatch(host);
	if (!host->adopted)
		read_messages(host, MESSAGES_AT_END);
	host_close_connection(host);
	if (!host->freed)
		host->callbacks.exited(host->arg, code, status);
	host_leave(host);
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

/* The default loop waits for all children itself; its answer is what is left. */
static void on_child(struct ev_loop *loop, struct ev_child *watcher, int events)
{
	struct host *host = watcher->data;
	int status = watcher->rstatus;

	if (WIFSIGNALED(status))
		host_exited(host, WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED, WTERMSIG(status));
	else
		host_exited(host, CLD_EXITED, WEXITSTATUS(status));
}

void host_watch(struct host *host)
{
	struct ev_loop *loop = host->owner->loop;

	ev_io_init(&host->connection_watcher, on_connection, host->connection, EV_READ);
	ev_io_init(&host->pidfd_watcher, on_pidfd, host->pidfd, EV_READ);
	ev_child_init(&host->child_watcher, on_child, host->pid, 0);
	host->connection_watcher.data = host;
	host->pidfd_watcher.data = host;
	host->child_watcher.data = host;
	ev_io_start(loop, &host->connection_watcher);
	if (ev_is_default_loop(loop) && !host->inherited)
		ev_child_start(loop, &host->child_watcher);
	else
		ev_io_start(loop, &host->pidfd_watcher);
}

/* Of its end; fit for a host that was never watched. */
void host_unwatch(struct host *host)
{
	if (ev_is_active(&host->pidfd_watcher))
		ev_io_stop(host->owner->loop, &host->pidfd_watcher);
	if (ev_is_active(&host->child_watcher))
		ev_child_stop(host->owner->loop, &host->child_watcher);
}
