/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loop.h - the event loop of the daemon, its signals, and the end of objects that live on it
 */
#ifndef DAEMON_NET_LOOP_H
#define DAEMON_NET_LOOP_H

#include "common/list.h"

struct ev_loop;
struct loop;

/* Owned by the daemon; everything that runs on it goes first. */
int loop_new(struct loop **ret);
void loop_free(struct loop *loop); /* NULL is fine; reaps what is left */
/* For those who have watchers of their own. */
struct ev_loop *loop_ev(struct loop *loop);
/* Runs until loop_break(), or until nothing is left to wait for. */
void loop_run(struct loop *loop);
void loop_break(struct loop *loop);
/* What is there now, without waiting: for tests. */
void loop_run_once(struct loop *loop);

/*
 * An object is never freed inside its own callback: it is put on the loop's list of the dead, and
 * freed when no callback is under way, before the loop waits again.
 */
struct reap {
	void (*free)(struct reap *reap);
	struct list_link link; /* the loop's */
};
/* Once for each object; @reap is embedded in it, with free set. */
void loop_reap(struct loop *loop, struct reap *reap);

/* A signal, until signal_source_free(). @seen runs on the loop. */
struct signal_source;
int signal_source_new(struct loop *loop, int number, void (*seen)(void *arg, int number), void *arg,
		      struct signal_source **ret);
void signal_source_free(struct signal_source *source); /* NULL is fine */

#endif
