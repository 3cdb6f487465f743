/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reload.h - reads rings.d and has it applied: at the start, and on SIGHUP */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stdbool.h>

#include "util/declaration.h"
#include "util/job.h"

struct declared;

/* Owned by the daemon; freed after the thread pool. */
struct reload {
	struct declared *declared; /* borrowed, as are the next two */
	struct executor *executor;
	const char *directory;
	void (*done)(void *arg); /* each declaration was tried once, or there was no memory */
	void *arg;
	bool reading;
	bool again; /* reload_begin was called while reading */
	/* set aside for the job */
	struct job job;
	struct declarations declarations;
	int result;
};

void reload_begin(struct reload *reload);
void reload_done(struct reload *reload);

#endif
