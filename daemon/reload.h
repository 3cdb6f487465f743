/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reload.h - what the files of rings.d say goes to the domain: at the start, and on SIGHUP */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stdbool.h>

#include "os/rings-d.h"
#include "util/job.h"

struct manager;

/* Owned by the daemon; goes after the pool of threads. */
struct reload {
	struct manager *manager; /* borrowed, as are the next two */
	struct executor *executor;
	const char *directory;
	void (*done)(void *arg); /* all that is declared was tried once, or there was no memory */
	void *arg;
	bool reading;
	bool again; /* it was asked for while reading */
	/* set aside for the job */
	struct job job;
	struct rings_d rings;
	int result;
};

void reload_begin(struct reload *reload);
void reload_done(struct reload *reload);

#endif
