/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/loop.h"
#include "common/container-of.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>

struct loop {
	struct ev_loop *ev;
	struct ev_prepare before_waiting;
	struct list dead;
};

static void reap_all(struct loop *loop)
{
	struct list_link *link;

	/* free() may remove other entries */
	while ((link = list_first(&loop->dead))) {
		struct reap *reap = container_of(link, struct reap, link);

		list_unlink(link);
		reap->free(reap);
	}
}

static void on_before_waiting(struct ev_loop *ev, struct ev_prepare *watcher, int events)
{
	reap_all(watcher->data);
}

int loop_new(struct loop **ret)
{
	struct loop *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!made->ev) {
		free(made);
		return -EIO;
	}
	list_init(&made->dead);
	ev_prepare_init(&made->before_waiting, on_before_waiting);
	made->before_waiting.data = made;
	/* after all other watchers, which may still add entries */
	ev_set_priority(&made->before_waiting, EV_MINPRI);
	ev_prepare_start(made->ev, &made->before_waiting);
	ev_unref(made->ev); /* it does not keep the loop running */
	*ret = made;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	reap_all(loop);
	ev_ref(loop->ev);
	ev_prepare_stop(loop->ev, &loop->before_waiting);
	ev_loop_destroy(loop->ev);
	free(loop);
}

struct ev_loop *loop_ev(struct loop *loop)
{
	return loop->ev;
}

void loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
	reap_all(loop);
}

void loop_break(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

void loop_run_once(struct loop *loop)
{
	ev_run(loop->ev, EVRUN_NOWAIT);
	reap_all(loop);
}

void loop_reap(struct loop *loop, struct reap *reap)
{
	list_append(&loop->dead, &reap->link);
}

struct signal_source { /* owned by who made it */
	struct loop *loop;
	struct ev_signal watcher;
	void (*seen)(void *arg, int number);
	void *arg;
};

static void on_signal(struct ev_loop *ev, struct ev_signal *watcher, int events)
{
	struct signal_source *source = watcher->data;

	source->seen(source->arg, watcher->signum);
}

int signal_source_new(struct loop *loop, int number, void (*seen)(void *arg, int number), void *arg,
		      struct signal_source **ret)
{
	struct signal_source *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->loop = loop;
	made->seen = seen;
	made->arg = arg;
	ev_signal_init(&made->watcher, on_signal, number);
	made->watcher.data = made;
	ev_signal_start(loop->ev, &made->watcher);
	*ret = made;
	return 0;
}

void signal_source_free(struct signal_source *source)
{
	if (!source)
		return;
	ev_signal_stop(source->loop->ev, &source->watcher);
	free(source);
}
