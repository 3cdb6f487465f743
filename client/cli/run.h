/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run.h - a ring as a command line describes it: iouctl run, iouctl ring create */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdbool.h>

#include "cli.h"
#include "files.h"
#include "progress.h"

struct run { /* zeroed but for the first two */
	struct cli *cli;
	const char *program;
	struct json_object *description; /* owned: DescribeProgram's reply */
	struct run_files files;
	struct iouctl_ring *ring; /* owned */
	const char *unit;
	struct progress_bar bar;
};

/*
 * Opens the files, reads the settings, makes the ring. 0, or an exit status, all said; then the
 * files that were made are gone again.
 */
int run_create(struct run *run, bool persistent);
void run_done(struct run *run);

#endif
