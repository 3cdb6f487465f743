/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reload.h - reads policy.d and rings.d and has them applied: at the start, and on SIGHUP */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stdbool.h>

#include "util/declaration.h"
#include "util/job.h"

struct declared;
struct policies;
struct policy;
struct policy_d;

/* Owned by the daemon; freed after the thread pool. */
struct reload {
	struct declared *declared; /* borrowed, as are the next two */
	struct executor *executor;
	const char *directory;
	const struct policy_d *policy_source; /* borrowed, as is the next */
	struct policies *policies;
	void (*policy_changed)(void *arg); /* another policy is in force */
	void (*done)(void *arg); /* each declaration was tried once, or there was no memory */
	void *arg;
	bool reading;
	bool again; /* reload_begin was called while reading */
	bool again_policy;
	bool with_policy;    /* it is read, too */
	bool policy_refused; /* the last time: it was wrong, and the one before stays in force */
	/* set aside for the job */
	struct job job;
	struct policy *policy; /* owned; the new one */
	int policy_result;
	struct declarations declarations;
	int result;
};

void reload_begin(struct reload *reload, bool with_policy);
void reload_done(struct reload *reload);

#endif
