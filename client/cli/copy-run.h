/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copy-run.h - what a run of copy or copy-paced needs before it starts, and after its end */
#ifndef CLI_COPY_RUN_H
#define CLI_COPY_RUN_H

struct iouctl_progress;
struct run;

/*
 * Between the creation of the ring and its start: maps the holes of the source, and makes sure that
 * it is read correctly. Does nothing for other programs. 0, or an exit status after an error
 * message.
 */
int copy_run_prepare(struct run *run);
/*
 * After the work is done: notes which holes have data now. 0, or STATUS_WORK_FAILED
 * after an error message if the source has content that could not be read.
 */
int copy_run_check(struct run *run, const struct iouctl_progress *progress);

#endif
