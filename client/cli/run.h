/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run.h - a ring that a command line describes: iouctl run, iouctl copy and iouctl ring create */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>

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
	const char *title; /* what the closing line begins with; NULL: the program */
	/*
	 * Called when the program is done, before the files are closed; NULL: nothing is to be
	 * done. Then the run fails if its program stops before it is done. Returns an exit status,
	 * after an error message.
	 */
	int (*finish)(void *arg);
	void *arg;
	struct json_object *result; /* owned: more members of the result in JSON, or NULL */
	/* at its end, as far as the daemon tells them */
	struct json_object *parameters; /* owned */
	struct json_object *ring_state; /* owned: DescribeRing's reply */
};

/* Reads the program's description, unless that is done. 0, or an exit status after a message. */
int run_describe(struct run *run);
/*
 * Creates the ring, with the parameters of @words ("depth=16"). 0, or an exit status after an error
 * message and after removing the files that files_open() has created.
 */
int run_create_ring(struct run *run, const char *const *words, size_t n_words, bool persistent);
/* The same, with the files of --file and the parameters of --set. */
int run_create(struct run *run, bool persistent);
/*
 * Truncates the targets, starts the ring, waits for its end and reports it. Returns an exit status.
 */
int run_ring(struct run *run);
void run_done(struct run *run);

/* run-report.c: what the end of a ring means for people and in JSON */
/* Asks the daemon for the parameters, and for the ring's state unless its program is @done. */
void report_read(struct run *run, bool done);
/* Why the ring is paused or ended; NULL if the daemon does not know. Belongs to the run. */
const char *report_reason(const struct run *run);
/* Each progress field with named values that has another than its first one: "source: sparse". */
void report_notes(const struct run *run);
/* What is known of each target after an end ahead of time. */
void report_targets(const struct run *run, const struct iouctl_progress *progress);
void report_work_error(const struct run *run, const struct iouctl_progress *progress);
void report_result(const struct run *run, int status, const struct iouctl_progress *progress);

#endif
