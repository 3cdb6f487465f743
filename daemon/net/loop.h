/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loop.h - the daemon's event loop, its signals, and the deferred freeing of objects on it
 */
#ifndef DAEMON_NET_LOOP_H
#define DAEMON_NET_LOOP_H

#include "common/list.h"

struct ev_loop;
struct loop;

/* Owned by the daemon; freed after everything that runs on it. */
int loop_new(struct loop **ret);
void loop_free(struct loop *loop); /* NULL is fine; frees what loop_reap() has collected */
/* For callers with their own watchers. */
struct ev_loop *loop_ev(struct loop *loop);
/* Runs until loop_break(), or until nothing is left to wait for. */
void loop_run(struct loop *loop);
void loop_break(struct loop *loop);
/* Handles pending events without waiting, for tests. */
void loop_run_once(struct loop *loop);

/*
 * No object is freed inside its own callback. The loop collects objects and frees them before it
 * waits again, when no callback is under way.
 */
struct reap {
	void (*free)(struct reap *reap);
	struct list_link link; /* the loop's */
};
/* Once for each object; it embeds @reap, with free set. */
void loop_reap(struct loop *loop, struct reap *reap);

/* Handles a signal until signal_source_free(). @seen runs on the loop. */
struct signal_source;
int signal_source_new(struct loop *loop, int number, void (*seen)(void *arg, int number), void *arg,
		      struct signal_source **ret);
void signal_source_free(struct signal_source *source); /* NULL is fine */

#endif
