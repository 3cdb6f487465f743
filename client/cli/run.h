/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run.h - a ring that a command line describes, for iouctl run and iouctl ring create */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdbool.h>

#include "cli.h"
#include "files.h"
#include "progress.h"
#include "stall.h"

struct run { /* zeroed except for the first two */
	struct cli *cli;
	const char *program;
	struct json_object *description; /* owned: DescribeProgram's reply */
	struct run_files files;
	struct iouctl_ring *ring; /* owned */
	const char *unit;
	struct progress_bar bar;
	struct stall stall;
};

/*
 * Opens the files, reads the settings and creates the ring. 0, or an exit status after an error
 * message and after removing the files that it created.
 */
int run_create(struct run *run, bool persistent);
void run_done(struct run *run);

#endif
