/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * takeover.h - the daemon's start: rings of an earlier daemon are taken over, or cleared away
 *
 * A client of the manager. In stages, each of which begins when no job of the last is under way:
 *   1. jobs inspect all pins, and open those of rings that were made;
 *   2. programs that these rings run, and that are not in the catalogue, are opened from the store;
 *   3. reconcile() decides for each name; rings are restored and their hosts asked for their state;
 *      the other hosts are ended, and jobs remove their pins;
 *   4. the takeover ends when every host has reported, or after TAKEOVER_PATIENCE_MS: a host that
 *      is stopped reports later, or never.
 */
#ifndef TAKEOVER_TAKEOVER_H
#define TAKEOVER_TAKEOVER_H

struct clock_port;
struct executor;
struct hosts;
struct kern;
struct manager;
struct takeover;

struct takeover_setup { /* all borrowed */
	struct manager *manager;
	struct kern *kern; /* as the manager's, as is the next */
	struct hosts *hosts;
	struct executor *executor;
	struct clock_port *clock;
};

/* Owned by the daemon, which forwards the manager's host_reported to takeover_host_reported. */
int takeover_new(const struct takeover_setup *setup, struct takeover **ret);
/*
 * Once, when the shipped programs are open (manager_await_ready), and only in the one daemon of the
 * runtime directory. @done when it has ended (at once, from within, if nothing is to be done), but
 * not after takeover_stop.
 */
void takeover_begin(struct takeover *takeover, void (*done)(void *arg), void *arg);
/* The manager's observer: the host of a restored ring has reported its state, or is gone. */
void takeover_host_reported(struct takeover *takeover);
/*
 * Goes no further: what was not restored is left to the next daemon. @done when no job is under way
 * (at once, from within, if that is so). Call it before manager_stop.
 */
void takeover_stop(struct takeover *takeover, void (*done)(void *arg), void *arg);
/* When it and the manager have stopped, before the manager is freed. NULL is fine. */
void takeover_free(struct takeover *takeover);

#endif
